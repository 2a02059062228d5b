import { job, corpusJobId as jobId } from '../corpus-object.ts';
import { bad } from './bad-case.ts';

const rule = (parts: object) => job({ jobNodeRequirements: [{ key: 'topology.kubernetes.io/zone', ...parts }] });
const preference = (parts: object) =>
  job({ jobNodePreferences: [{ weight: 10, requirements: [{ key: 'disk', operator: 'Exists' }], ...parts }] });
const toleration = (parts: object) => job({ tolerations: [parts] });

/** BuildJobs whose fields do not go together, node rules and tolerations above all. */
export const jobRules = [
  bad('a variable given twice', job({ env: [{ name: 'A' }, { name: 'B' }, { name: 'A', value: '1' }] }), [
    'spec.env[2]',
    'Duplicate value',
    '"A"',
  ]),
  bad(
    'a variable with value and source',
    job({ env: [{ name: 'A', value: 'b', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }),
    ['spec.env[0].valueFrom', 'not both'],
  ),
  bad('In without values', rule({ operator: 'In' }), ['spec.jobNodeRequirements[0].values', 'In and NotIn need at least one value']),
  bad('NotIn with an empty list', rule({ operator: 'NotIn', values: [] }), ['spec.jobNodeRequirements[0].values', 'at least one value']),
  bad('Exists with values', rule({ operator: 'Exists', values: ['a'] }), ['spec.jobNodeRequirements[0].values', 'take no values']),
  bad('DoesNotExist with values', rule({ operator: 'DoesNotExist', values: ['a'] }), [
    'spec.jobNodeRequirements[0].values',
    'take no values',
  ]),
  bad('Gt with a word', rule({ operator: 'Gt', values: ['many'] }), [
    'spec.jobNodeRequirements[0].values',
    'exactly one value, an integer',
  ]),
  bad('Lt with two numbers', rule({ operator: 'Lt', values: ['1', '2'] }), ['spec.jobNodeRequirements[0].values', 'exactly one value']),
  bad('Gt without a number', rule({ operator: 'Gt' }), ['spec.jobNodeRequirements[0].values', 'exactly one value']),
  bad('an operator that there is not', rule({ operator: 'Is', values: ['a'] }), [
    'spec.jobNodeRequirements[0].operator',
    '"Is"',
    '"NotIn"',
  ]),
  bad('a node rule without an operator', rule({ values: ['a'] }), ['spec.jobNodeRequirements[0].operator', 'Required value']),
  bad('a node rule for what is no label', job({ jobNodeRequirements: [{ key: 'a b', operator: 'Exists' }] }), [
    'spec.jobNodeRequirements[0].key',
    '"a b"',
  ]),
  bad('a node rule with a value that no label has', rule({ operator: 'In', values: ['a', 'b/c'] }), [
    'spec.jobNodeRequirements[0].values[1]',
    '"b/c"',
  ]),
  bad('a preference of no weight', preference({ weight: 0 }), ['spec.jobNodePreferences[0].weight', '0', 'greater than or equal to 1']),
  bad('a preference of too much weight', preference({ weight: 101 }), [
    'spec.jobNodePreferences[0].weight',
    '101',
    'less than or equal to 100',
  ]),
  bad('a preference for nothing', preference({ requirements: [] }), ['spec.jobNodePreferences[0].requirements', 'at least 1 items']),
  bad('a preference with a rule that is none', preference({ requirements: [{ key: 'disk', operator: 'In' }] }), [
    'spec.jobNodePreferences[0].requirements[0].values',
    'at least one value',
  ]),
  bad(
    'commands one after another without an agent',
    job({
      buildkite: { jobId, outsideAgent: { environmentSecret: 'job-environment' } },
      commandContainers: [{ name: 'test', command: 'make test' }],
    }),
    ['spec.commandContainers', 'spec.buildkite.outsideAgent', 'put them all into spec.command'],
  ),
  bad('a toleration of everything by accident', toleration({ value: 'gpu' }), [
    'spec.tolerations[0].operator',
    'an empty key needs operator Exists',
  ]),
  bad('a toleration that exists with a value', toleration({ key: 'gpu', operator: 'Exists', value: 'true' }), [
    'spec.tolerations[0].value',
    'takes no value',
  ]),
  bad('seconds of a toleration that is for good', toleration({ key: 'gpu', effect: 'NoSchedule', tolerationSeconds: 60 }), [
    'spec.tolerations[0].tolerationSeconds',
    'only for effect NoExecute',
  ]),
  bad('a toleration of an effect that there is not', toleration({ key: 'gpu', effect: 'Never' }), [
    'spec.tolerations[0].effect',
    '"Never"',
  ]),
  bad('a toleration of what is no taint', toleration({ key: 'a b', operator: 'Exists' }), ['spec.tolerations[0].key', '"a b"']),
  bad('a node selector for what is no label', job({ nodeSelector: { 'a b': 'c' } }), ['spec.nodeSelector', 'a key']),
  bad('a node selector with a value that no label has', job({ nodeSelector: { disk: '-' } }), ['spec.nodeSelector.disk', '"-"']),
  bad('a container of neither environment nor image', job({ extraContainers: [{ name: 'db' }] }), [
    'spec.extraContainers[0]',
    'name an environment, or give name and image',
  ]),
  bad('a container with an image and no name', job({ initContainers: [{ image: 'busybox' }] }), [
    'spec.initContainers[0]',
    'name an environment, or give name and image',
  ]),
  bad(
    'two sidecars of one name',
    job({
      extraContainers: [
        { name: 'db', image: 'a' },
        { name: 'db', image: 'b' },
      ],
    }),
    ['spec.extraContainers', 'same name'],
  ),
  bad('two init containers of one environment', job({ initContainers: [{ environment: 'warm' }, { environment: 'warm' }] }), [
    'spec.initContainers',
    'same name',
  ]),
  bad('a sidecar named like an unnamed one', job({ extraContainers: [{ name: 'db', image: 'a' }, { environment: 'db' }] }), [
    'spec.extraContainers',
    'same name',
  ]),
  ...['startupProbe', 'livenessProbe', 'readinessProbe', 'lifecycle'].map(part =>
    bad(`an init container with a ${part}`, job({ initContainers: [{ name: 'a', image: 'b', [part]: {} }] }), [
      'spec.initContainers',
      'are for sidecars',
    ]),
  ),
];
