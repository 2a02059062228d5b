import { environment } from '../corpus-object.ts';
import { bad } from './bad-case.ts';

const container = (parts: object) => environment({ container: { image: 'node:24', ...parts } });

/** BuildEnvironments with a field that is no such thing, or fields that do not go together. */
export const environmentShapes = [
  bad('an environment without a spec', { ...environment(), spec: undefined }, ['spec', 'Required value']),
  bad('an image with a space', environment({ container: { image: 'node 24' } }), ['spec.container.image', '"node 24"']),
  bad('an image outside the container', environment({ image: 'node:24' }), ['spec.image', 'unknown field']),
  bad('a name too long for a label', environment({}, 'e'.repeat(64)), ['metadata.name', 'at most 63']),
  bad('a name with dots', environment({}, 'node.24'), ['metadata.name', 'the value of a label']),
  bad('an endless description', environment({ description: 'd'.repeat(4097) }), ['spec.description', 'more than 4096']),
  bad('a container that is an image', environment({ container: 'node:24' }), ['spec.container', '"string"', 'type object']),
  bad('a command that is a text', container({ command: 'npm test' }), ['spec.container.command', '"string"', 'type array']),
  bad('an empty working folder', container({ workingDir: '' }), ['spec.container.workingDir', 'at least 1 char']),
  bad('a variable given twice', container({ env: [{ name: 'CI' }, { name: 'CI' }] }), ['spec.container.env[1]', 'Duplicate value']),
  bad('a variable with value and source', container({ env: [{ name: 'CI', value: '1', valueFrom: {} }] }), [
    'spec.container.env[0].valueFrom',
    'not both',
  ]),
  bad('bulk variables that are a text', container({ envFrom: ['settings'] }), ['spec.container.envFrom[0]', '"string"']),
  bad('ports that are numbers', container({ ports: [8080] }), ['spec.container.ports[0]', '"integer"', 'type object']),
  bad('a security context that is a word', container({ securityContext: 'privileged' }), ['spec.container.securityContext', '"string"']),
  bad('a probe that is a command line', container({ readinessProbe: ['pg_isready'] }), ['spec.container.readinessProbe', '"array"']),
  bad(
    'a volume given twice',
    environment({
      volumes: [
        { name: 'data', emptyDir: {} },
        { name: 'data', emptyDir: {} },
      ],
    }),
    ['spec.volumes[1]', 'Duplicate value', '"data"'],
  ),
  bad('a volume without a name', environment({ volumes: [{ emptyDir: {} }] }), ['spec.volumes[0].name', 'Required value']),
  bad('a volume with capitals in its name', environment({ volumes: [{ name: 'Data', emptyDir: {} }] }), ['spec.volumes[0].name', '"Data"']),
  bad('a pull secret given twice', environment({ imagePullSecrets: [{ name: 'hub' }, { name: 'hub' }] }), [
    'spec.imagePullSecrets[1]',
    'Duplicate value',
  ]),
  bad('a pull secret that is a text', environment({ imagePullSecrets: ['hub'] }), ['spec.imagePullSecrets[0]', '"string"']),
  bad('a pull secret that can be no name', environment({ imagePullSecrets: [{ name: 'Hub' }] }), [
    'spec.imagePullSecrets[0].name',
    '"Hub"',
  ]),
  bad('a node rule without values', environment({ nodeRequirements: [{ key: 'zone', operator: 'In' }] }), [
    'spec.nodeRequirements[0].values',
    'at least one value',
  ]),
  bad(
    'a preference of too much weight',
    environment({ nodePreferences: [{ weight: 1000, requirements: [{ key: 'a', operator: 'Exists' }] }] }),
    ['spec.nodePreferences[0].weight', '1000'],
  ),
  bad('a toleration of everything by accident', environment({ tolerations: [{ effect: 'NoSchedule' }] }), [
    'spec.tolerations[0].operator',
    'needs operator Exists',
  ]),
  bad('host aliases that are texts', environment({ hostAliases: ['127.0.0.1 db'] }), ['spec.hostAliases[0]', '"string"']),
  bad('a pod label that is none', environment({ podLabels: { team: 'a b' } }), ['spec.podLabels.team', '"a b"']),
  bad('a pod annotation with a key that is none', environment({ podAnnotations: { 'a b': 'c' } }), ['spec.podAnnotations', 'a key']),
  bad('two sidecars of one name', environment({ extraContainers: [{ environment: 'db' }, { name: 'db', image: 'x' }] }), [
    'spec.extraContainers',
    'same name',
  ]),
  bad('an init container with a probe', environment({ initContainers: [{ name: 'a', image: 'b', readinessProbe: {} }] }), [
    'spec.initContainers',
    'are for sidecars',
  ]),
  bad('a sidecar of neither environment nor image', environment({ extraContainers: [{ name: 'db' }] }), [
    'spec.extraContainers[0]',
    'name an environment',
  ]),
  bad('what only a job can say', environment({ command: 'make' }), ['spec.command', 'unknown field']),
  bad('a pod security context that is a number', environment({ podSecurityContext: 1000 }), ['spec.podSecurityContext', '"integer"']),
];
