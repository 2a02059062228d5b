import type { Container } from '../kubernetes-pod.ts';
import { type Fact, remedy } from './fact.ts';

/** What a container may do to its node, but for what it mounts. */
export function containerFacts({ name: container, ports = [], securityContext }: Container): Fact[] {
  const openPorts = ports.flatMap(({ hostPort }, index): Fact[] => {
    if (hostPort === undefined || hostPort === 0) return [];
    return [
      {
        setting: 'hostNamespaces',
        key: `${container} hostPort ${hostPort}`,
        place: { container, path: ['ports', index, 'hostPort'], content: hostPort },
        value: hostPort,
        problem: `is a port of the node, which policy.hostNamespaces does not let a job have; ${remedy}`,
      },
    ];
  });
  return [...securityFacts(securityContext, container), ...openPorts];
}

/** The fields of a pod's and a container's security context that matter here. */
interface SecuritySettings {
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  /** As it was written: nobody has looked at the type yet. */
  readonly capabilities?: { readonly add?: unknown };
  readonly procMount?: string;
  readonly seccompProfile?: { readonly type?: string };
  readonly appArmorProfile?: { readonly type?: string };
  readonly windowsOptions?: { readonly hostProcess?: boolean };
}

/** What a security context, a container's or the pod's own, adds to what a process may do. */
export function securityFacts(context: SecuritySettings = {}, container?: string): Fact[] {
  const fact = (path: readonly (number | string)[], content: boolean | string, shown = path.length): Fact => ({
    setting: 'privileged',
    key: `${container} ${path.filter(step => typeof step === 'string').join('.')} ${content}`,
    place: { ...(container !== undefined && { container }), path: ['securityContext', ...path], shown: shown + 1, content },
    value: content,
    problem: `is more than policy.privileged lets a job have; ${remedy}`,
  });
  return [
    ...(['privileged', 'allowPrivilegeEscalation'] as const).filter(part => context[part] === true).map(part => fact([part], true)),
    ...capabilitiesOf(context).map((name, index) => fact(['capabilities', 'add', index], name, 1)),
    ...(context.procMount === undefined || context.procMount === 'Default' ? [] : [fact(['procMount'], context.procMount)]),
    ...(['seccompProfile', 'appArmorProfile'] as const)
      .filter(part => context[part]?.type === 'Unconfined')
      .map(part => fact([part, 'type'], 'Unconfined', 1)),
    ...(context.windowsOptions?.hostProcess === true ? [fact(['windowsOptions', 'hostProcess'], true)] : []),
  ];
}

/** What is no list is the API server's to refuse. */
function capabilitiesOf({ capabilities }: SecuritySettings): string[] {
  return Array.isArray(capabilities?.add) ? capabilities.add.map(String) : [];
}
