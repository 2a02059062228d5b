import { container, type MergeCase } from './merge-case.ts';

const two = container('two');
const one = container('one');

/** What the patch adds; here we differ from the server on purpose. */
export const additionCases: readonly MergeCase[] = [
  {
    title: 'in a new item, directives are honoured, as if it were merged into nothing',
    original: { containers: [one] },
    patch: {
      containers: [
        {
          ...two,
          $retainKeys: ['name', 'image', 'env', 'args'],
          '$deleteFromPrimitiveList/args': ['b'],
          args: ['a'],
          '$setElementOrder/env': [{ name: 'A' }],
          env: [
            { name: 'A', value: '1' },
            { name: 'B', $patch: 'delete' },
          ],
        },
      ],
    },
    merged: { containers: [{ ...two, args: ['a'], env: [{ name: 'A', value: '1' }] }, one] },
    server: 'refuses',
  },
  {
    title: '$patch: replace in an object that is new sets it',
    original: {},
    patch: { affinity: { $patch: 'replace', nodeAffinity: {} } },
    merged: { affinity: { nodeAffinity: {} } },
    server: { at: ['affinity'], has: undefined },
  },
  {
    title: 'null in a map of a new item is left out',
    original: { containers: [one] },
    patch: { containers: [{ ...two, resources: { limits: { cpu: '1', memory: null } } }] },
    merged: { containers: [{ ...two, resources: { limits: { cpu: '1' } } }, one] },
    server: { at: ['containers', '0', 'resources', 'limits', 'memory'], has: '0' },
  },
  {
    title: 'null in a new item is left out',
    original: { containers: [one] },
    patch: { containers: [{ ...two, tty: null, env: [{ name: 'A', value: null }] }], tolerations: [{ operator: 'Exists', key: null }] },
    merged: { containers: [{ ...two, env: [{ name: 'A' }] }, one], tolerations: [{ operator: 'Exists' }] },
  },
];
