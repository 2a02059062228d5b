import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { attachCluster } from '@buildkite-operator/e2e-cluster';
import { sleep } from '@buildkite-operator/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bad } from '../corpus/bad/bad-case.ts';
import { type CorpusObject, job } from '../corpus/corpus-object.ts';
import { makeObject } from '../make-object.ts';
import { refusalOf } from '../refusal.ts';
import { shortcomingsFor } from '../shortcomings.ts';
import { useAdmission } from '../use-admission.ts';

const admission = useAdmission();

const folder = resolve(import.meta.dirname, '../../../../deploy/examples/policies');
const noticedWithinMs = 20_000;

/** Applies examples as they stand, until disposed of. */
async function applyExamples(...files: readonly string[]): Promise<AsyncDisposable> {
  const { kubectl } = admission.current.session;
  const manifest = files.map(file => readFileSync(join(folder, file), 'utf8')).join('\n---\n');
  await kubectl(['apply', '--filename=-'], { input: manifest });
  return {
    [Symbol.asyncDispose]: async () => {
      await kubectl(['delete', '--filename=-', '--ignore-not-found'], { input: manifest });
    },
  };
}

/** The API server compiles a policy and finds its parameters in its own time. */
async function untilItHolds(object: CorpusObject, words: string): Promise<void> {
  const deadline = Date.now() + noticedWithinMs;
  for (;;) {
    const refusal = await refusalOf(() => admission.current.create(object, true));
    if (refusal?.message.includes(words) === true) return;
    if (Date.now() > deadline)
      throw new Error(`the policy does not hold after ${noticedWithinMs / 1000} s: ${refusal?.message ?? 'taken'}`);
    await sleep(250, admission.current.session.signal);
  }
}

/**
 * An API server that has seen the last binding with parameters of a kind go never finds parameters of that kind again
 * (kubernetes/kubernetes#130887): it is started anew before the examples, and after them for whoever comes next.
 */
async function restartApiServer(): Promise<void> {
  const cluster = await attachCluster();
  await cluster.restartApiServer();
  await Promise.all([cluster.restartComponent('kube-controller-manager'), cluster.restartComponent('kube-scheduler')]);
}

let examples: AsyncDisposable | undefined;
beforeAll(async () => {
  await restartApiServer();
  examples = await applyExamples('memory-ceiling.yaml', 'allowed-registries.yaml');
});
afterAll(async () => {
  await examples?.[Symbol.asyncDispose]();
  await restartApiServer();
});

describe('given the example that names the allowed registries', () => {
  const foreign = job({ image: 'docker.io/library/node:24' });
  beforeAll(async () => {
    const { kubectl, info } = admission.current.session;
    // As an administrator does: the registry of the operator's own agent image is one of them.
    const registry = info.images.agent.slice(0, info.images.agent.indexOf('/') + 1);
    const data = { prefixes: `registry.example.com/ ${registry}` };
    await kubectl([
      'patch',
      'configmap',
      'buildkite-operator-allowed-registries',
      '--namespace',
      info.namespace,
      '--type=merge',
      '--patch',
      JSON.stringify({ data }),
    ]);
    await untilItHolds(foreign, 'docker.io/library/node:24');
    for (
      let tries = 0;
      (await refusalOf(() => admission.current.create(job({ image: 'registry.example.com/node' }), true))) !== undefined;
      tries += 1
    ) {
      if (tries > 50) throw new Error('the patched list of registries does not hold');
      await sleep(250, admission.current.session.signal);
    }
  });

  it.for([
    bad('a job with an image of another registry', foreign, [
      '(rendered pod)',
      'images must come from registry.example.com/',
      'these do not: docker.io/library/node:24 (container container-0)',
    ]),
    bad('a registry that only begins like an allowed one', job({ image: 'registry.example.com.evil.org/node' }), [
      '(rendered pod)',
      'registry.example.com.evil.org/node (container container-0)',
    ]),
    bad(
      'a sidecar of another registry',
      job({ image: 'registry.example.com/node', extraContainers: [{ name: 'db', image: 'postgres:17' }] }),
      ['(rendered pod)', 'postgres:17 (container db)'],
    ),
    bad(
      'a patch with an image of another registry',
      job({ image: 'registry.example.com/node', podPatch: { initContainers: [{ name: 'first', image: 'busybox' }] } }),
      ['(rendered pod)', 'busybox (container first)'],
    ),
  ])('when somebody sends $title, then it is refused in the words of the rule', async badCase => {
    expect(await shortcomingsFor(admission.current, badCase)).toEqual([]);
  });

  it.for([
    job({ image: 'registry.example.com/team/node:24' }),
    job({ image: 'registry.example.com/node', extraContainers: [{ name: 'db', image: 'registry.example.com/postgres' }] }),
  ])('when every image is of an allowed registry, then the job is taken', async object => {
    expect(await refusalOf(() => admission.current.create(object, true))).toBeUndefined();
  });
});

describe('given the example of a ceiling for memory', () => {
  const limited = (memory: string, more: object = {}) => job({ resources: { limits: { memory } }, ...more });
  const sidecar = (memory: string) => ({
    extraContainers: [{ name: 'db', image: 'registry.example.com/postgres', resources: { limits: { memory } } }],
  });

  it('when the namespace has no ceiling, then any job is taken', async () => {
    expect(await refusalOf(() => admission.current.create(job(), true))).toBeUndefined();
    expect(await refusalOf(() => admission.current.create(limited('1Ti'), true))).toBeUndefined();
  });

  describe('and a namespace with one of 4Gi', () => {
    let ceiling: AsyncDisposable | undefined;
    beforeAll(async () => {
      ceiling = await makeObject(admission.current, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'buildkite-operator-memory-ceiling' },
        data: { memory: '4Gi' },
      });
      await untilItHolds(job(), 'limits.memory');
    });
    afterAll(async () => {
      await ceiling?.[Symbol.asyncDispose]();
    });

    it.for([
      bad('a job without a limit', job(), [
        '(rendered pod)',
        'every container needs resources.limits.memory in this namespace; there is none in container-0',
      ]),
      bad('a sidecar without a limit', limited('1Gi', { extraContainers: [{ name: 'db', image: 'registry.example.com/postgres' }] }), [
        '(rendered pod)',
        'there is none in db',
      ]),
      bad('a job above the ceiling', limited('5Gi'), [
        '(rendered pod)',
        'the memory limits of the job add up to 5120Mi; this namespace allows 4Gi',
      ]),
      bad('containers that are above it together', limited('3Gi', sidecar('2Gi')), ['(rendered pod)', 'add up to 5120Mi']),
    ])('when somebody sends $title, then it is refused in the words of the rule', async badCase => {
      expect(await shortcomingsFor(admission.current, badCase)).toEqual([]);
    });

    it.for([limited('4Gi'), limited('2Gi', sidecar('2Gi'))])('when the job keeps below it, then it is taken', async object => {
      expect(await refusalOf(() => admission.current.create(object, true))).toBeUndefined();
    });
  });
});
