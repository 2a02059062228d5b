import { environment, job } from '../corpus-object.ts';
import { type BadCase, bad, badBeside, type ExpectedFault } from './bad-case.ts';

const patch = (podPatch: object) => job({ podPatch });
const sidecar = (parts: object) => job({ extraContainers: [{ name: 'helper', image: 'a', ...parts }] });

/** A job in an environment of which only the trial shows what is wrong with it; the name is for the test alone. */
function inEnvironment(name: string, title: string, spec: object, ...faults: readonly ExpectedFault[]): BadCase {
  return badBeside([environment({ container: { image: 'a' }, ...spec }, name)], title, job({ environment: name }), ...faults);
}

const volume = (source: object) => ({ volumes: [{ name: 'data', ...source }] });
const container = (parts: object) => ({ container: { image: 'a', ...parts } });

/** What only the API server's own trial of the pod can see. */
export const dryRunCases = [
  inEnvironment('two-sources', 'a volume of two sources', volume({ emptyDir: {}, configMap: { name: 'a' } }), [
    '(rendered pod) spec.volumes[data].configMap',
    'may not specify more than 1 volume type',
  ]),
  inEnvironment('no-secret-name', 'a volume of a Secret without a name', volume({ secret: {} }), [
    '(rendered pod) spec.volumes[data].secret.secretName',
    'Required',
  ]),
  inEnvironment('typing-error', 'a volume with a typing error', volume({ emptydir: {} }), [
    '(rendered pod) spec.volumes[data].emptydir',
    'unknown field',
  ]),
  inEnvironment('negative-user', 'a negative user', container({ securityContext: { runAsUser: -1 } }), [
    'environment negative-user: spec.container.securityContext.runAsUser',
    '-1',
  ]),
  inEnvironment('from-nowhere', 'bulk variables from nowhere', container({ envFrom: [{ prefix: 'a' }] }), [
    'environment from-nowhere: spec.container.envFrom',
    'must specify one of',
  ]),
  inEnvironment('no-port', 'a port that there is not', container({ ports: [{ containerPort: 70_000 }] }), [
    'environment no-port: spec.container.ports[0].containerPort',
    '70000',
  ]),
  inEnvironment('no-address', 'a host alias without an address', { hostAliases: [{ ip: 'nowhere', hostnames: ['db'] }] }, [
    'environment no-address: spec.hostAliases[0].ip',
    '"nowhere"',
  ]),
  inEnvironment(
    'no-skew',
    'pods spread without a skew',
    { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }] },
    ['environment no-skew: spec.topologySpreadConstraints[0].maxSkew', 'greater than zero'],
  ),
  inEnvironment(
    'no-sysctl',
    'a kernel setting that there is not',
    { podSecurityContext: { sysctls: [{ name: 'Not A Sysctl', value: '1' }] } },
    ['environment no-sysctl: spec.podSecurityContext.sysctls[0].name', 'Not A Sysctl'],
  ),
  bad('a variable from a field that there is not', job({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.secret' } } }] }), [
    'spec.env[0].valueFrom.fieldRef.fieldPath',
    'spec.secret',
  ]),
  bad(
    'a variable from two sources',
    job({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' }, secretKeyRef: { name: 'a', key: 'b' } } }] }),
    ['spec.env[0].valueFrom', 'more than one field specified at a time'],
  ),
  bad('a variable from nowhere', job({ env: [{ name: 'A', valueFrom: {} }] }), ['spec.env[0].valueFrom', 'must specify one of']),
  bad('a sidecar with a probe of nothing', sidecar({ readinessProbe: { periodSeconds: 5 } }), [
    'spec.extraContainers[0].readinessProbe',
    'must specify a handler type',
  ]),
  bad('a sidecar with a probe of no port', sidecar({ livenessProbe: { tcpSocket: { port: 0 } } }), [
    'spec.extraContainers[0].livenessProbe.tcpSocket.port',
    '0',
  ]),
  bad('a sidecar with a hook of nothing', sidecar({ lifecycle: { preStop: {} } }), [
    'spec.extraContainers[0].lifecycle.preStop',
    'must specify a handler type',
  ]),
  bad('a sidecar that is privileged by a word', sidecar({ securityContext: { privileged: 'no' } }), ['(rendered pod)', 'privileged']),
  bad('an unknown priority class', job({ priorityClassName: 'ci-missing' }), [
    'spec.priorityClassName',
    'no PriorityClass with name ci-missing was found',
  ]),
  bad('an unknown runtime class', job({ runtimeClassName: 'ci-missing' }), [
    'spec.runtimeClassName',
    'RuntimeClass "ci-missing" not found',
  ]),
  bad('an unknown service account', job({ serviceAccountName: 'ci-missing' }), [
    'spec.serviceAccountName',
    'serviceaccount "ci-missing" not found',
  ]),
  bad('a spread over nothing', job({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: '', whenUnsatisfiable: 'DoNotSchedule' }] }), [
    'spec.topologySpreadConstraints[0].topologyKey',
    'can not be empty',
  ]),
  bad('a patch with a field that no pod has', patch({ hostNetworking: true }), ['spec.podPatch.hostNetworking', 'unknown field']),
  bad('a patch with a DNS policy that there is not', patch({ dnsPolicy: 'Cluster' }), ['spec.podPatch.dnsPolicy', '"Cluster"']),
  bad('a patch that names a node badly', patch({ nodeName: 'Node 1' }), ['spec.podPatch.nodeName', 'Node 1']),
  bad('a patch with a host name that is none', patch({ hostname: 'My Host' }), ['spec.podPatch.hostname', 'My Host']),
  bad('a patch with a container without an image', patch({ containers: [{ name: 'beside' }] }), [
    'spec.podPatch.containers[0].image',
    'Required',
  ]),
];
