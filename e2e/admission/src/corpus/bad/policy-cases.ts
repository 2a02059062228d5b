import { environment, job } from '../corpus-object.ts';
import { bad, badBeside } from './bad-case.ts';

const patch = (podPatch: object) => job({ podPatch });
const command = (parts: object) => patch({ containers: [{ name: 'container-0', ...parts }] });
const sidecar = (securityContext: object) => job({ extraContainers: [{ name: 'helper', image: 'busybox', securityContext }] });
const host = (path: string) => patch({ volumes: [{ name: 'host', hostPath: { path } }] });
const gpu = environment({ container: { image: 'cuda:13' } }, 'gpu-large');

/** What the policy of the area (see global-setup) and the safe defaults do not let a job ask for. */
export const policyCases = [
  bad('a privileged sidecar', sidecar({ privileged: true }), ['spec.extraContainers[0].securityContext.privileged', 'policy']),
  bad(
    'a privileged init container',
    job({ initContainers: [{ name: 'first', image: 'busybox', securityContext: { privileged: true } }] }),
    ['spec.initContainers[0].securityContext.privileged'],
  ),
  bad('a privileged command, by a patch', command({ securityContext: { privileged: true } }), [
    'spec.podPatch.containers[0].securityContext.privileged',
  ]),
  bad('a privileged agent, by a patch', patch({ containers: [{ name: 'agent', securityContext: { privileged: true } }] }), [
    'spec.podPatch.containers[0].securityContext.privileged',
  ]),
  bad('a capability', sidecar({ capabilities: { add: ['SYS_ADMIN'] } }), [
    'spec.extraContainers[0].securityContext.capabilities',
    'SYS_ADMIN',
  ]),
  bad('a capability of the command, by a patch', command({ securityContext: { capabilities: { add: ['NET_RAW'] } } }), [
    'spec.podPatch.containers[0].securityContext.capabilities',
    'NET_RAW',
  ]),
  bad('more privileges than the start has', sidecar({ allowPrivilegeEscalation: true }), [
    'spec.extraContainers[0].securityContext.allowPrivilegeEscalation',
  ]),
  bad('all of /proc', sidecar({ procMount: 'Unmasked' }), ['spec.extraContainers[0].securityContext.procMount', 'Unmasked']),
  bad('no seccomp', sidecar({ seccompProfile: { type: 'Unconfined' } }), ['spec.extraContainers[0].securityContext.seccompProfile']),
  bad('no AppArmor', sidecar({ appArmorProfile: { type: 'Unconfined' } }), ['spec.extraContainers[0].securityContext.appArmorProfile']),
  bad('no seccomp for the pod, by a patch', patch({ securityContext: { seccompProfile: { type: 'Unconfined' } } }), [
    'spec.podPatch.securityContext.seccompProfile',
  ]),
  bad("a folder of the node's, by a patch", host('/var/run/docker.sock'), ['spec.podPatch.volumes[0].hostPath', '/var/run/docker.sock']),
  bad('a folder that only begins like an allowed one', host('/mnt/ci-cache-of-others'), [
    'spec.podPatch.volumes[0].hostPath',
    '/mnt/ci-cache-of-others',
  ]),
  bad('a folder above an allowed one', host('/mnt/ci-cache/../..'), ['spec.podPatch.volumes[0].hostPath', '/mnt/ci-cache/../..']),
  bad("the node's network", patch({ hostNetwork: true }), ['spec.podPatch.hostNetwork']),
  bad("the node's IPC", patch({ hostIPC: true }), ['spec.podPatch.hostIPC']),
  bad("a port of the node's", job({ extraContainers: [{ name: 'web', image: 'nginx', ports: [{ containerPort: 80, hostPort: 80 }] }] }), [
    'spec.extraContainers[0].ports[0].hostPort',
    '80',
  ]),
  bad('a service account of others', job({ serviceAccountName: 'buildkite-operator-controller' }), [
    'spec.serviceAccountName',
    'buildkite-operator-controller',
  ]),
  bad('a service account of others, by a patch', patch({ serviceAccountName: 'default' }), ['spec.podPatch.serviceAccountName', 'default']),
  bad('a priority class of others', job({ priorityClassName: 'system-node-critical' }), ['spec.priorityClassName', 'system-node-critical']),
  bad('a priority class of others, by a patch', patch({ priorityClassName: 'system-cluster-critical' }), [
    'spec.podPatch.priorityClassName',
    'system-cluster-critical',
  ]),
  bad('a runtime class of others', job({ runtimeClassName: 'bare-metal' }), ['spec.runtimeClassName', 'bare-metal']),
  bad('a runtime class of others, by a patch', patch({ runtimeClassName: 'bare-metal' }), ['spec.podPatch.runtimeClassName', 'bare-metal']),
  badBeside(
    [gpu],
    'an environment of another pipeline',
    job({ buildkite: { jobId: '0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b', pipeline: 'web' }, environment: 'gpu-large' }),
    ['spec.environment', 'gpu-large', 'web'],
  ),
  badBeside([gpu], 'an environment of a pipeline, without a pipeline', job({ environment: 'gpu-large' }), [
    'spec.environment',
    'gpu-large',
  ]),
  badBeside([gpu], 'an environment of another pipeline as sidecar', job({ extraContainers: [{ environment: 'gpu-large' }] }), [
    'spec.extraContainers[0].environment',
    'gpu-large',
  ]),
  badBeside(
    [environment({ container: { image: 'a' } }, 'vault-agent')],
    'an environment of another namespace as init container',
    job({ initContainers: [{ environment: 'vault-agent' }] }),
    ['spec.initContainers[0].environment', 'vault-agent'],
  ),
];
