import type { Pod } from '@buildkite-operator/kube';
import type { PodSpec, Volume } from '../kubernetes-pod.ts';
import { allContainers } from '../protection.ts';
import { containerFacts, securityFacts } from './container-facts.ts';
import { type Fact, remedy } from './fact.ts';

/** Everything in a pod that a policy may forbid, but for names of objects. */
export function podFacts({ metadata, spec }: Pod): Fact[] {
  if (spec === undefined) return [];
  return [
    ...allContainers(spec).flatMap(container => containerFacts(container)),
    ...securityFacts(spec.securityContext),
    ...appArmorFacts(metadata?.annotations ?? {}),
    ...namespaceFacts(spec),
    ...volumeFacts(spec),
  ];
}

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';

/** Kubernetes still heeds these annotations where the fields say nothing. */
function appArmorFacts(annotations: Readonly<Record<string, string>>): Fact[] {
  return Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(appArmorPrefix) && value === 'unconfined')
    .map(([key, value]) => ({
      setting: 'privileged',
      key: `${key} ${value}`,
      place: { path: ['podAnnotations', key] },
      value,
      problem: `is more than policy.privileged lets a job have; ${remedy}`,
    }));
}

function namespaceFacts(spec: PodSpec): Fact[] {
  return (['hostIPC', 'hostNetwork', 'hostPID', 'hostUsers'] as const)
    .filter(part => spec[part] === true)
    .map(part => ({
      setting: 'hostNamespaces',
      key: part,
      place: { path: [part] },
      value: true,
      problem: `is more of the node than policy.hostNamespaces lets a job have; ${remedy}`,
    }));
}

/** Folders of the node and tokens of service accounts: as volumes, and in each container that mounts one. */
function volumeFacts(spec: PodSpec): Fact[] {
  return (spec.volumes ?? []).flatMap((volume, index): Fact[] => {
    const source = delicateSource(volume, index);
    if (source === undefined) return [];
    const { setting, value, place } = source;
    const problem = `${source.problem}; ${remedy}`;
    const mounts = allContainers(spec).flatMap(({ name: container, volumeMounts = [] }) =>
      volumeMounts.flatMap((mount, position): Fact[] => {
        if (mount.name !== volume.name) return [];
        const rights = [mount.readOnly === true ? 'reads' : 'writes', mount.subPath, mount.subPathExpr];
        return [
          {
            setting,
            key: JSON.stringify([container, value, ...rights]),
            place: { container, path: ['volumeMounts', position, 'mountPath'], shown: 2, content: mount.mountPath },
            value,
            problem,
          },
        ];
      }),
    );
    return [{ setting, key: JSON.stringify([volume.name, value]), place, value, problem }, ...mounts];
  });
}

function delicateSource({ name, hostPath, projected }: Volume, index: number): Omit<Fact, 'key'> | undefined {
  if (hostPath !== undefined)
    return {
      setting: 'hostPaths',
      place: { path: ['volumes', index, 'hostPath', 'path'], shown: 3, content: hostPath.path },
      value: hostPath.path,
      problem: 'is a folder of the node, which policy.hostPaths does not let a job have',
    };
  const tokens = projected?.sources?.flatMap(({ serviceAccountToken }) => serviceAccountToken ?? []) ?? [];
  if (tokens.length > 0)
    return {
      setting: 'serviceAccounts',
      place: { path: ['volumes', index, 'name'], shown: 2, content: name },
      value: name,
      problem: 'holds a token of the service account, which policy.serviceAccounts does not let a job have',
    };
  return undefined;
}
