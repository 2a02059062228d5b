import type { Container, PodSpec } from './kubernetes-pod.ts';
import { containerNames, volumeNames } from './names.ts';
import type { Finding } from './protection.ts';

const code = 'TokenExposed';

/** Every way in which something else than the agent container could read the agent token: by mount, by variable, or through the agent's process. */
export function exposures(spec: PodSpec, secretName: string): Finding[] {
  const volumes = new Set(
    (spec.volumes ?? []).filter(({ name: _name, ...source }) => mentions(source, secretName)).map(({ name }) => name),
  );
  volumes.add(volumeNames.agentToken);
  // What lies there, the agent runs.
  volumes.add(volumeNames.agentHooks);
  const agent = spec.containers.find(({ name }) => name === containerNames.agent);
  const inContainers = [...(spec.initContainers ?? []), ...spec.containers].flatMap(container => [
    ...(container === agent ? [] : mounted(container, volumes)),
    ...read(container, [secretName, ...volumes]),
  ]);
  // /proc/<pid>/root of a process in the same namespace leads into the agent container's files; where the agent runs elsewhere, its
  // /proc/<pid>/environ to the job's access token, and on the node to the agents of other pods.
  const secrets = agent === undefined ? 'processes that have agent tokens' : 'the agent container, where the agent token is';
  const shared = (['shareProcessNamespace', 'hostPID'] as const)
    .filter(part => spec[part] === true)
    .map((list): Finding => ({ code, list, item: true, value: true, problem: `lets other containers look into ${secrets}; leave it out` }));
  return [...inContainers, ...shared];
}

function mounted({ name: container, volumeMounts = [], volumeDevices = [] }: Container, volumes: ReadonlySet<string>): Finding[] {
  const find = (list: 'volumeDevices' | 'volumeMounts', items: readonly { readonly name: string }[]) =>
    items
      .filter(({ name }) => volumes.has(name))
      .map(
        (item): Finding => ({
          code,
          container,
          list,
          item,
          value: item.name,
          problem: 'leads to the agent token, which only the agent may see; remove the mount',
        }),
      );
  return [...find('volumeMounts', volumeMounts), ...find('volumeDevices', volumeDevices)];
}

function read({ name: container, env = [], envFrom = [] }: Container, names: readonly string[]): Finding[] {
  const find = (list: 'env' | 'envFrom', items: readonly object[], sourceOf: (item: object) => unknown) =>
    items
      .filter(item => names.some(name => mentions(sourceOf(item), name)))
      .map(
        (item): Finding => ({
          code,
          container,
          list,
          item,
          value: names[0],
          problem: 'holds the agent token, which only the agent may see; remove the reference',
        }),
      );
  return [...find('env', env, item => ('valueFrom' in item ? item.valueFrom : undefined)), ...find('envFrom', envFrom, item => item)];
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
