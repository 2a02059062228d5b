import { environment, job, corpusJobId as jobId } from '../corpus-object.ts';
import { bad } from './bad-case.ts';

/** The Secret of the operator's installation in the tests. */
const secret = 'buildkite-agent-token';
const mount = { name: 'agent-token', mountPath: '/stolen' };
const hooks = { name: 'agent-hooks', mountPath: '/hooks' };
const variable = { name: 'STOLEN', valueFrom: { secretKeyRef: { name: secret, key: 'BUILDKITE_AGENT_TOKEN' } } };
const thief = { name: 'thief', image: 'busybox' };
const patch = (podPatch: object) => job({ podPatch });
const command = (parts: object) => patch({ containers: [{ name: 'container-0', ...parts }] });
const source = (parts: object) =>
  environment({
    container: { image: 'busybox', volumeMounts: [{ name: 'loot', mountPath: '/loot' }] },
    volumes: [{ name: 'loot', ...parts }],
  });

/** Every way that we know to the agent token. */
export const tokenCases = [
  bad('a variable of the job', job({ env: [{ name: 'CI', value: '1' }, variable] }), ['spec.env[1]', secret]),
  bad('a variable of an init container', job({ initContainers: [{ ...thief, env: [variable] }] }), [
    'spec.initContainers[0].env[0]',
    secret,
  ]),
  bad('a variable of a sidecar', job({ extraContainers: [{ ...thief, env: [variable] }] }), ['spec.extraContainers[0].env[0]', secret]),
  bad(
    'all keys of the Secret as variables of a sidecar',
    job({ extraContainers: [{ ...thief, envFrom: [{ secretRef: { name: secret } }] }] }),
    ['spec.extraContainers[0].envFrom[0]', secret],
  ),
  bad(
    'all keys of the Secret as variables of an init container',
    job({ initContainers: [{ ...thief, envFrom: [{ prefix: 'A_', secretRef: { name: secret } }] }] }),
    ['spec.initContainers[0].envFrom[0]', secret],
  ),
  bad('the volume in a sidecar', job({ extraContainers: [{ ...thief, volumeMounts: [mount] }] }), [
    'spec.extraContainers[0].volumeMounts[0]',
    'agent-token',
  ]),
  bad('the volume in an init container', job({ initContainers: [{ ...thief, volumeMounts: [mount] }] }), [
    'spec.initContainers[0].volumeMounts[0]',
    'agent-token',
  ]),
  bad('the hooks that the agent runs, in a sidecar', job({ extraContainers: [{ ...thief, volumeMounts: [hooks] }] }), [
    'spec.extraContainers[0].volumeMounts[0]',
    'agent-hooks',
  ]),
  bad('the Secret as credentials of the checkout', job({ checkout: { credentialsSecret: secret } }), [
    'spec.checkout.credentialsSecret',
    secret,
  ]),
  bad("the Secret as an outside job's environment", job({ buildkite: { jobId, outsideAgent: { environmentSecret: secret } } }), [
    'spec.buildkite.outsideAgent.environmentSecret',
    secret,
  ]),
  bad('a volume of the Secret in an environment', source({ secret: { secretName: secret } }), ['spec.container.volumeMounts[0]', 'loot']),
  bad(
    'a projected volume with the Secret in an environment',
    source({ projected: { sources: [{ configMap: { name: 'harmless' } }, { secret: { name: secret } }] } }),
    ['spec.container.volumeMounts[0]', 'loot'],
  ),
  bad('a variable of an environment', environment({ container: { image: 'a', env: [variable] } }), ['spec.container.env[0]', secret]),
  bad(
    "a variable of an environment's sidecar",
    environment({ container: { image: 'a' }, extraContainers: [{ ...thief, env: [variable] }] }),
    ['spec.extraContainers[0].env[0]', secret],
  ),
  bad('the volume in the command, by a patch', command({ volumeMounts: [mount] }), [
    'spec.podPatch.containers[0].volumeMounts[0]',
    'agent-token',
  ]),
  bad('the hooks in the command, by a patch', command({ volumeMounts: [hooks] }), [
    'spec.podPatch.containers[0].volumeMounts[0]',
    'agent-hooks',
  ]),
  bad('a variable of the command, by a patch', command({ env: [variable] }), ['spec.podPatch.containers[0].env[0]', secret]),
  bad('all keys as variables of the command, by a patch', command({ envFrom: [{ secretRef: { name: secret } }] }), [
    'spec.podPatch.containers[0].envFrom[0]',
    secret,
  ]),
  bad('a variable of the checkout, by a patch', patch({ containers: [{ name: 'checkout', env: [variable] }] }), [
    'spec.podPatch.containers[0].env[0]',
    secret,
  ]),
  bad(
    'a volume of the Secret in a container of its own, by a patch',
    patch({
      volumes: [{ name: 'loot', secret: { secretName: secret } }],
      containers: [{ ...thief, volumeMounts: [{ name: 'loot', mountPath: '/loot' }] }],
    }),
    ['spec.podPatch.containers[0].volumeMounts[0]', 'loot'],
  ),
  bad(
    'a projected volume of the Secret, by a patch',
    patch({
      volumes: [{ name: 'loot', projected: { sources: [{ secret: { name: secret } }] } }],
      initContainers: [{ ...thief, volumeMounts: [{ name: 'loot', mountPath: '/loot' }] }],
    }),
    ['spec.podPatch.initContainers[0].volumeMounts[0]', 'loot'],
  ),
  bad(
    'the volume in an init container that calls itself agent, by a patch',
    patch({ initContainers: [{ ...thief, name: 'agent', volumeMounts: [mount] }] }),
    ['spec.podPatch.containers[agent]', 'choose another name'],
    ['spec.podPatch.initContainers[0].volumeMounts[0]', 'agent-token'],
  ),
  bad('processes in one namespace, by a patch', patch({ shareProcessNamespace: true }), [
    'spec.podPatch.shareProcessNamespace',
    'agent token',
  ]),
  bad('the processes of the node, by a patch', patch({ hostPID: true }), ['spec.podPatch.hostPID', 'agent token']),
  bad('an ephemeral container, by a patch', patch({ ephemeralContainers: [{ ...thief, volumeMounts: [mount] }] }), [
    'spec.podPatch.ephemeralContainers',
  ]),
];
