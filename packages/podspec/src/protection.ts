import { isDeepStrictEqual } from 'node:util';
import type { Container, PodSpec } from './kubernetes-pod.ts';
import { containerNames, ownContainerNames, paths, volumeNames } from './names.ts';
import type { RenderErrorCode, Report } from './problem.ts';
import { exposures } from './token-exposure.ts';

/** What no job, environment or patch may do to the pod. */

/** Something wrong in a pod, before it is known whose words brought it there. */
export interface Finding {
  readonly code: RenderErrorCode;
  /** The container it is about; none for the pod itself. */
  readonly container?: string;
  readonly list: ContainerList | 'shareProcessNamespace' | 'hostPID';
  /** The entry of the list. */
  readonly item: unknown;
  /** The field of the entry, where it is one. */
  readonly part?: string;
  readonly value?: unknown;
  readonly problem: string;
}

export type ContainerList = 'env' | 'envFrom' | 'volumeDevices' | 'volumeMounts';

/** Container names are unique and none takes a name of the operator's own. Returns whether that is so. */
export function checkContainerNames(additional: readonly { name: string; field: string }[], report: Report): boolean {
  const seen = new Map<string, string>();
  let unique = true;
  for (const { name, field } of additional) {
    const earlier = seen.get(name);
    const problem = ownContainerNames.has(name)
      ? "is a container of the operator's own; choose another name"
      : earlier === undefined
        ? undefined
        : `is taken by ${earlier}; give one of them another name`;
    if (problem !== undefined) report({ code: 'NameTaken', field: `${field}.name`, value: name, problem });
    unique &&= problem === undefined;
    seen.set(name, earlier ?? field);
  }
  return unique;
}

/** Everything that is wrong with mounts and with who can read what, in the whole pod. */
export function podFindings(spec: PodSpec, tokenSecret: string): Finding[] {
  const volumes = new Set((spec.volumes ?? []).map(({ name }) => name));
  return [
    ...allContainers(spec).flatMap(container => [...mountFindings(container, volumes), ...credentialFindings(container)]),
    ...exposures(spec, tokenSecret),
  ];
}

/** Mount paths are unique in each container, lead to volumes of the pod, and leave alone what the operator's containers agree by. */
function mountFindings(container: Container, volumes: ReadonlySet<string>): Finding[] {
  const seen = new Set<string>();
  return (container.volumeMounts ?? []).flatMap((mount): Finding[] => {
    const path = mount.mountPath.length > 1 ? mount.mountPath.replace(/\/+$/, '') : mount.mountPath;
    const about = { container: container.name, list: 'volumeMounts', item: mount } as const;
    const findings: Finding[] = [];
    if (!volumes.has(mount.name))
      findings.push({
        ...about,
        code: 'VolumeMissing',
        part: 'name',
        value: mount.name,
        problem: `is mounted at ${mount.mountPath}, but no environment of the job brings a volume of that name; add it, or correct the name`,
      });
    if (seen.has(path))
      findings.push({
        ...about,
        code: 'VolumeConflict',
        part: 'mountPath',
        value: mount.mountPath,
        problem: `is mounted twice in container ${container.name}; choose another path`,
      });
    if (isOwn(container) && reservedPaths.has(path))
      findings.push({
        ...about,
        code: 'VolumeConflict',
        part: 'mountPath',
        value: mount.mountPath,
        problem: "is the operator's own; choose another path",
      });
    seen.add(path);
    return findings;
  });
}

/** A container of the operator's, or one with a command, which it makes a client of the agent. */
function isOwn({ name, env = [] }: Container): boolean {
  return ownContainerNames.has(name) || env.some(variable => variable.name === 'BUILDKITE_CONTAINER_ID');
}

/** What the operator's containers must see alike. Nothing of the operator's is mounted there itself. */
const reservedPaths: ReadonlySet<string> = new Set([paths.agentBinary, paths.sockets, paths.started, paths.tini]);

/** The credentials of the checkout are mounted nowhere else. */
function credentialFindings(container: Container): Finding[] {
  if (container.name === containerNames.checkout) return [];
  return (container.volumeMounts ?? [])
    .filter(({ name }) => name === volumeNames.gitCredentials)
    .map(item => ({
      code: 'VolumeConflict',
      container: container.name,
      list: 'volumeMounts',
      item,
      value: item.name,
      problem: 'is for the checkout only; remove the mount, or bring the Secret by a volume of your own',
    }));
}

/** The findings of `after` that `before` has not. */
export function newFindings(after: readonly Finding[], before: readonly Finding[]): Finding[] {
  return after.filter(finding => !before.some(earlier => isDeepStrictEqual(earlier, finding)));
}

/** Every container of the pod, whatever its kind. */
export function allContainers(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}
