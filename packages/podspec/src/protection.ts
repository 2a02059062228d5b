import { type Container, type PodSpec } from './kubernetes-pod.ts';
import { containerNames, ownContainerNames, volumeNames } from './names.ts';
import { RenderError } from './render-error.ts';

/** What no job, environment or patch may do to the pod. Each check throws RenderError with the field. */

/** Container names are unique and none takes a name of the operator's own. */
export function checkContainerNames(additional: readonly { name: string; field: string }[]): void {
  const seen = new Map<string, string>();
  for (const { name, field } of additional) {
    if (ownContainerNames.has(name))
      throw new RenderError('NameTaken', `${field}.name`, `"${name}" is a container of the operator's own; choose another name`);
    const earlier = seen.get(name);
    if (earlier !== undefined)
      throw new RenderError('NameTaken', `${field}.name`, `"${name}" is taken by ${earlier}; give one of them another name`);
    seen.set(name, field);
  }
}

/** Mount paths are unique in each container. */
export function checkMountPaths(container: Container, field: string): void {
  const seen = new Set<string>();
  for (const [index, { mountPath }] of (container.volumeMounts ?? []).entries()) {
    const path = mountPath.length > 1 ? mountPath.replace(/\/+$/, '') : mountPath;
    if (seen.has(path))
      throw new RenderError(
        'VolumeConflict',
        `${field}.volumeMounts[${index}].mountPath`,
        `"${mountPath}" is mounted twice in container ${container.name}; choose another path`,
      );
    seen.add(path);
  }
}

/** Nothing but the agent container can read the agent token: by mount, by variable, or through the agent's process. */
export function checkTokenConfined(spec: PodSpec, secretName: string): void {
  const volumes = new Set(
    (spec.volumes ?? []).filter(({ name: _name, ...source }) => mentions(source, secretName)).map(({ name }) => name),
  );
  volumes.add(volumeNames.agentToken);
  // What lies there, the agent runs.
  volumes.add(volumeNames.agentHooks);
  const agent = spec.containers.find(({ name }) => name === containerNames.agent);
  for (const container of allContainers(spec)) {
    const mounted = [...(container.volumeMounts ?? []), ...(container.volumeDevices ?? [])].find(({ name }) => volumes.has(name));
    if (mounted !== undefined && container !== agent)
      throw new RenderError(
        'TokenExposed',
        `container ${container.name}: volumeMounts`,
        `volume "${mounted.name}" leads to the agent token, which only the agent may see; remove the mount`,
      );
    const sources = [...(container.env ?? []).map(({ valueFrom }) => valueFrom), ...(container.envFrom ?? [])];
    if (sources.some(source => [secretName, ...volumes].some(name => mentions(source, name))))
      throw new RenderError(
        'TokenExposed',
        `container ${container.name}: env`,
        `"${secretName}" holds the agent token, which only the agent may see; remove the reference`,
      );
  }
  // /proc/<pid>/root of a process in the same namespace leads into the agent container's files.
  for (const part of ['shareProcessNamespace', 'hostPID'] as const) {
    if (spec[part] === true)
      throw new RenderError(
        'TokenExposed',
        `spec.podPatch.${part}`,
        'lets other containers look into the agent container, where the agent token is; leave it out',
      );
  }
}

/** The credentials of the checkout are mounted nowhere else. */
export function checkCredentialsConfined(spec: PodSpec): void {
  for (const container of allContainers(spec).filter(({ name }) => name !== containerNames.checkout)) {
    if (container.volumeMounts?.some(({ name }) => name === volumeNames.gitCredentials) === true)
      throw new RenderError(
        'VolumeConflict',
        `container ${container.name}: volumeMounts`,
        `volume "${volumeNames.gitCredentials}" is for the checkout only; remove the mount, or bring the Secret by a volume of your own`,
      );
  }
}

/** Every container of the pod, whatever its kind. */
export function allContainers(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

/** Sources that have names of their own, which are no Secret's. */
const otherKinds: ReadonlySet<string> = new Set([
  'configMap',
  'configMapKeyRef',
  'configMapRef',
  'downwardAPI',
  'fieldRef',
  'persistentVolumeClaim',
  'prefix',
  'resourceFieldRef',
]);

/** No source in a pod is nested deeper. */
const deepestSource = 20;

/** Whether a volume or variable source names the Secret, in whichever of its many fields. What is nested too deep to tell counts as if. */
function mentions(source: unknown, name: string, depth = 0): boolean {
  if (typeof source === 'string') return source === name;
  if (typeof source !== 'object' || source === null) return false;
  if (depth > deepestSource) return true;
  return Object.entries(source).some(([kind, part]) => !otherKinds.has(kind) && mentions(part, name, depth + 1));
}
