import { container, type MergeCase } from './merge-case.ts';

const app = container('app');

/** Lists that do not merge. */
export const wholeListCases: readonly MergeCase[] = [
  {
    title: 'args, envFrom and tolerations are replaced whole',
    original: {
      containers: [{ ...app, args: ['a', 'b'], envFrom: [{ secretRef: { name: 's' } }] }],
      tolerations: [{ key: 'a', operator: 'Exists' }],
    },
    patch: {
      containers: [{ name: 'app', args: ['c'], envFrom: [{ configMapRef: { name: 'c' } }] }],
      tolerations: [{ key: 'b', operator: 'Exists' }],
    },
    merged: {
      containers: [{ ...app, args: ['c'], envFrom: [{ configMapRef: { name: 'c' } }] }],
      tolerations: [{ key: 'b', operator: 'Exists' }],
    },
  },
  {
    title: 'an empty list replaces too',
    original: { tolerations: [{ key: 'a', operator: 'Exists' }] },
    patch: { tolerations: [] },
    merged: { tolerations: [] },
  },
  {
    title: 'terms of node affinity are replaced, the other kind of affinity stays',
    original: {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }],
          },
        },
        podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] },
      },
    },
    patch: {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'b', operator: 'Exists' }] }],
          },
        },
      },
    },
    merged: {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'b', operator: 'Exists' }] }],
          },
        },
        podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] },
      },
    },
  },
  {
    title: '$deleteFromPrimitiveList takes values out of any list of scalars',
    original: { containers: [{ ...app, args: ['-v', 'a', '-v'] }], securityContext: { supplementalGroups: [1, 2] } },
    patch: {
      containers: [{ name: 'app', '$deleteFromPrimitiveList/args': ['-v', 'none'] }],
      securityContext: { '$deleteFromPrimitiveList/supplementalGroups': [1] },
    },
    merged: { containers: [{ ...app, args: ['a'] }], securityContext: { supplementalGroups: [2] } },
  },
  {
    title: '$deleteFromPrimitiveList from a list that is not there',
    original: {},
    patch: { containers: [{ name: 'app', '$deleteFromPrimitiveList/args': ['a'] }] },
    merged: {},
  },
];
