import type { Kubectl } from '@buildkite-operator/e2e-operator';
import { sleep } from '@buildkite-operator/service';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeConfig } from './change-config.ts';
import { type BadCase, bad } from './corpus/bad/bad-case.ts';
import { type CorpusObject, job } from './corpus/corpus-object.ts';
import { makeObject } from './make-object.ts';
import { refusalOf } from './refusal.ts';
import { shortcomingsFor } from './shortcomings.ts';
import { useAdmission } from './use-admission.ts';

const admission = useAdmission();

const counted = 'ci-counted';
const noticedWithinMs = 15_000;

/** The API server itself needs a moment to heed a new quota, range or label: the first refusal shows that it does. */
async function untilRefused(object: CorpusObject): Promise<void> {
  const deadline = Date.now() + noticedWithinMs;
  while ((await refusalOf(() => admission.current.create(object, true))) === undefined) {
    if (Date.now() > deadline) throw new Error(`${object.metadata.name} is still taken after ${noticedWithinMs / 1000} s`);
    await sleep(200, admission.current.session.signal);
  }
}

function quota(hard: Readonly<Record<string, string>>) {
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'admission-quota' },
    spec: { hard, scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: [counted] }] } },
  };
}

interface NamespaceRule {
  readonly title: string;
  readonly begin: () => Promise<AsyncDisposable>;
  readonly refused: readonly BadCase[];
  readonly taken: CorpusObject;
}

const sized = (resources: object) => job({ priorityClassName: counted, resources });

const rules: readonly NamespaceRule[] = [
  {
    title: 'a quota smaller than the pod',
    begin: () => makeObject(admission.current, quota({ 'requests.memory': '1Gi', 'requests.cpu': '4' })),
    refused: [
      bad('a job that asks for more memory than the whole quota', sized({ requests: { memory: '2Gi', cpu: 1 } }), [
        '(rendered pod)',
        'exceeded quota: admission-quota',
        'limited: requests.memory=1Gi',
      ]),
      bad('a job that does not say how much it asks for', sized({}), ['(rendered pod)', 'must specify requests.cpu', 'requests.memory']),
    ],
    taken: sized({ requests: { memory: '512Mi', cpu: 1 } }),
  },
  {
    title: 'a range of sizes',
    begin: () =>
      makeObject(admission.current, {
        apiVersion: 'v1',
        kind: 'LimitRange',
        metadata: { name: 'admission-range' },
        spec: { limits: [{ type: 'Container', max: { memory: '8Gi' } }] },
      }),
    refused: [
      bad('a job with more memory than a container may have', job({ resources: { limits: { memory: '9Gi' } } }), [
        '(rendered pod)',
        'maximum memory usage per Container is 8Gi, but limit is 9Gi',
      ]),
    ],
    taken: job({ resources: { limits: { memory: '8Gi' } } }),
  },
  {
    title: 'the baseline level of Pod Security',
    begin: async () => {
      const { kubectl, info } = admission.current.session;
      const label = 'pod-security.kubernetes.io/enforce';
      await kubectl(['label', 'namespace', info.namespace, `${label}=baseline`]);
      return {
        [Symbol.asyncDispose]: async () => {
          await kubectl(['label', 'namespace', info.namespace, `${label}-`]);
        },
      };
    },
    refused: [
      bad(
        'a job with a folder of the node, which the policy allows',
        job({ podPatch: { volumes: [{ name: 'cache', hostPath: { path: '/mnt/ci-cache' } }] } }),
        ['(rendered pod)', 'violates PodSecurity "baseline:latest"', 'hostPath'],
      ),
      bad(
        'a job with a kernel setting that is not safe',
        job({ podPatch: { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } } }),
        ['(rendered pod)', 'violates PodSecurity "baseline:latest"', 'sysctls'],
      ),
    ],
    taken: job(),
  },
];

describe.each(rules)('given a namespace with $title', ({ begin, refused, taken }) => {
  let rule: AsyncDisposable | undefined;
  beforeAll(async () => {
    rule = await begin();
    for (const { object } of refused.slice(0, 1)) await untilRefused(object);
  });
  afterAll(() => rule?.[Symbol.asyncDispose]());

  it.for(refused)('when somebody sends $title, then it is refused in the words of the API server', async badCase => {
    expect(await shortcomingsFor(admission.current, badCase)).toEqual([]);
  });

  it('when somebody sends a job that fits, then it is taken', async () => {
    expect(await refusalOf(() => admission.current.create(taken, true))).toBeUndefined();
  });
});

describe('given a quota that is full at the moment', () => {
  let full: AsyncDisposable | undefined;
  const object = job({ priorityClassName: counted });
  const filler = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'admission-filler' },
    spec: {
      priorityClassName: counted,
      nodeSelector: { 'example.com/no-such-node': 'true' },
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'filler', image: 'filler' }],
    },
  };
  beforeAll(async () => {
    const stack = new AsyncDisposableStack();
    stack.use(await makeObject(admission.current, quota({ pods: '1' })));
    stack.use(await makeObject(admission.current, filler));
    full = stack;
  });
  afterAll(() => full?.[Symbol.asyncDispose]());

  it('when a job comes, then it is taken with a warning that it waits', async () => {
    const { kubectl, info } = admission.current.session;
    const deadline = Date.now() + noticedWithinMs;
    let warnings = '';
    // The quota counts the filler a moment after it was made.
    while (!warnings.includes('waits until a quota has room') && Date.now() < deadline) {
      warnings = await warningsOf(kubectl, info.namespace, object);
    }
    expect(warnings).toContain('waits until a quota has room');
    expect(warnings).toContain('exceeded quota: admission-quota');
  });

  it('when the administrator wants such jobs refused, then it is refused', async () => {
    const change = await changeConfig(admission.current, { admission: { fullQuota: 'refuse' } });
    try {
      const faults = [['(rendered pod)', 'exceeded quota: admission-quota', 'limited: pods=1']] as const;
      expect(await shortcomingsFor(admission.current, { object, faults })).toEqual([]);
    } finally {
      await change[Symbol.asyncDispose]();
    }
  });
});

/** What kubectl shows of the warnings while it sends an object. */
async function warningsOf({ command: [program, ...target] }: Kubectl, namespace: string, object: CorpusObject): Promise<string> {
  const create = ['create', '--namespace', namespace, '--dry-run=server', '--filename=-'];
  const { stderr } = await execa(program, [...target, ...create], { input: JSON.stringify(object), reject: false, timeout: 30_000 });
  return stderr;
}
