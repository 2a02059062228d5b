import type { ConfigInput } from '@buildkite-operator/config';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { areaConfig } from './area-config.ts';
import { changeConfig } from './change-config.ts';
import { type BadCase, bad } from './corpus/bad/bad-case.ts';
import { job } from './corpus/corpus-object.ts';
import { refusalOf } from './refusal.ts';
import { shortcomingsFor } from './shortcomings.ts';
import { useAdmission } from './use-admission.ts';

const admission = useAdmission();

/** What becomes of jobs when the administrator has changed the configuration. */
const settings: readonly { title: string; config: ConfigInput; refused: readonly BadCase[]; taken: readonly BadCase['object'][] }[] = [
  {
    title: 'no patches are allowed',
    config: { policy: { ...areaConfig.policy, podPatch: false } },
    refused: [
      bad('a job with a patch', job({ podPatch: { hostname: 'build' } }), ['spec.podPatch']),
      bad('a job with an empty patch', job({ podPatch: {} }), ['spec.podPatch']),
    ],
    taken: [job()],
  },
  {
    title: 'everything is allowed',
    config: {
      policy: {
        privileged: true,
        hostPaths: ['/'],
        hostNamespaces: true,
        serviceAccounts: ['*'],
        priorityClasses: ['*'],
        runtimeClasses: ['*'],
      },
    },
    refused: [
      bad('a job that shares processes with the agent', job({ podPatch: { shareProcessNamespace: true } }), [
        'spec.podPatch.shareProcessNamespace',
      ]),
    ],
    taken: [
      job({ extraContainers: [{ name: 'a', image: 'b', securityContext: { privileged: true } }] }),
      job({ podPatch: { hostNetwork: true } }),
      job({ podPatch: { volumes: [{ name: 'root', hostPath: { path: '/' } }] } }),
      job({ serviceAccountName: 'default' }),
    ],
  },
  {
    title: 'nodes do not autoscale',
    config: { admission: { nodesAutoscale: false } },
    refused: [
      bad(
        'a job for nodes that there are not',
        job({ jobNodeRequirements: [{ key: 'example.com/pool', operator: 'In', values: ['gpu'] }] }),
        ['spec.jobNodeRequirements', 'nodes', 'loosen the rules'],
      ),
      bad('a job with a node selector that no node has', job({ nodeSelector: { 'example.com/pool': 'gpu' } }), [
        'spec.nodeSelector',
        'loosen the rules',
      ]),
      bad('a job of an architecture that there is not', job({ architecture: 'riscv64' }), ['spec.architecture', 'loosen the rules']),
      bad('a job larger than every node', job({ resources: { requests: { memory: '100Ti' } } }), [
        'spec.resources.requests.memory',
        'the largest node that fits its rules',
        'ask for less',
      ]),
      bad('a job with a device that no node has', job({ resources: { limits: { 'example.com/quantum': 1 } } }), [
        'spec.resources.limits[example.com/quantum]',
        'ask for less',
      ]),
    ],
    taken: [job({ jobNodePreferences: [{ weight: 1, requirements: [{ key: 'example.com/pool', operator: 'Exists' }] }] })],
  },
  {
    title: 'the dry run is off',
    config: { admission: { dryRun: false } },
    refused: [bad('a job with a fault that needs no trial', job({ environment: 'nowhere' }), ['spec.environment', 'nowhere'])],
    taken: [job({ priorityClassName: 'ci-missing' }), job({ podPatch: { dnsPolicy: 'Cluster' } })],
  },
];

describe.each(settings)('given a configuration by which $title', ({ config, refused, taken }) => {
  let change: AsyncDisposable | undefined;
  beforeAll(async () => {
    change = await changeConfig(admission.current, config);
  });
  afterAll(() => change?.[Symbol.asyncDispose]());

  it.for(refused)('when somebody sends $title, then it is refused', async badCase => {
    expect(await shortcomingsFor(admission.current, badCase)).toEqual([]);
  });

  it.for(taken.map((object, index) => ({ object, index })))('when somebody sends fine job $index, then it is taken', async ({ object }) => {
    expect(await refusalOf(() => admission.current.create(object, true))).toBeUndefined();
  });
});

describe('given the usual configuration again', () => {
  it('when a job has a patch, then it is taken', async () => {
    expect(await refusalOf(() => admission.current.create(job({ podPatch: { hostname: 'build' } }), true))).toBeUndefined();
  });
});
