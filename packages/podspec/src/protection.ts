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

/** After a patch the own containers are all there with the same image entry point, and the pod still runs once. */
export function checkPatchLeftProtocol(before: PodSpec, after: PodSpec): void {
  const field = 'spec.podPatch';
  if (after.restartPolicy !== 'Never')
    throw new RenderError('PatchRefused', `${field}.restartPolicy`, `"${after.restartPolicy}" would run the job again; leave it out`);
  for (const name of ownContainerNames) {
    const original = allContainers(before).find(container => container.name === name);
    const patched = allContainers(after).find(container => container.name === name);
    if (original === undefined) continue;
    if (patched === undefined)
      throw new RenderError('PatchRefused', `${field}.containers`, `container "${name}" belongs to the operator and cannot be removed`);
    for (const part of ['command', 'args', 'workingDir'] as const) {
      if (JSON.stringify(original[part]) !== JSON.stringify(patched[part])) {
        throw new RenderError(
          'PatchRefused',
          `${field}.containers[${name}].${part}`,
          'belongs to the operator and cannot be changed; set spec.command for what the job runs',
        );
      }
    }
    checkOwnVariables(original, patched, `${field}.containers[${name}].env`);
  }
}

/** Nothing but the agent container can read the agent token, by mount or by variable. */
export function checkTokenConfined(spec: PodSpec, secretName: string): void {
  const volumes = new Set(
    (spec.volumes ?? []).filter(volume => JSON.stringify(volume).includes(JSON.stringify(secretName))).map(volume => volume.name),
  );
  volumes.add(volumeNames.agentToken);
  for (const container of allContainers(spec)) {
    if (container.name === containerNames.agent) continue;
    const mounted = (container.volumeMounts ?? []).find(mount => volumes.has(mount.name));
    if (mounted !== undefined)
      throw new RenderError(
        'TokenExposed',
        `container ${container.name}: volumeMounts`,
        `volume "${mounted.name}" holds the agent token, which only the agent may see; remove the mount`,
      );
  }
  for (const container of allContainers(spec)) {
    const viaVariable = [
      ...(container.env ?? []).map(entry => entry.valueFrom?.secretKeyRef?.name),
      ...(container.envFrom ?? []).map(entry => entry.secretRef?.name),
    ];
    if (viaVariable.includes(secretName))
      throw new RenderError(
        'TokenExposed',
        `container ${container.name}: env`,
        `Secret "${secretName}" holds the agent token, which only the agent may see; remove the reference`,
      );
  }
}

function checkOwnVariables(original: Container, patched: Container, field: string): void {
  for (const variable of original.env ?? []) {
    if (!variable.name.startsWith('BUILDKITE_')) continue;
    const now = (patched.env ?? []).find(candidate => candidate.name === variable.name);
    if (JSON.stringify(now) !== JSON.stringify(variable))
      throw new RenderError('PatchRefused', field, `${variable.name} belongs to the operator and cannot be changed`);
  }
}

function allContainers(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}
