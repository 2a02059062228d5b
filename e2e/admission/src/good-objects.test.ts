import { parseConfig, podDefaultsOf } from '@buildkite-operator/config';
import { apiVersion, type BuildEnvironment } from '@buildkite-operator/crds';
import { configData } from '@buildkite-operator/e2e-operator';
import { renderPod } from '@buildkite-operator/podspec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { areaConfig } from './area-config.ts';
import type { CorpusObject } from './corpus/corpus-object.ts';
import { goodEnvironments, goodJobs } from './corpus/good/index.ts';
import { golden, goldenNames } from './golden.ts';
import { useAdmission } from './use-admission.ts';

const admission = useAdmission();

/** Environments before those that name them. */
const environments: readonly CorpusObject[] = Object.entries(goodEnvironments).map(([name, spec]) => ({
  apiVersion,
  kind: 'BuildEnvironment',
  metadata: { name },
  spec,
}));

const stored = new Map<string, BuildEnvironment>();

/** As the area is configured, but for what differs from run to run. */
const defaults = podDefaultsOf(
  parseConfig(configData({ ...areaConfig, pod_defaults: { agentImage: 'registry.example.com/agent:1' } }), {
    operatorNamespace: 'buildkite-operator',
  }),
);

describe('given the environments of the corpus, which the webhooks take', () => {
  beforeAll(async () => {
    for (const object of environments) stored.set(object.metadata.name, (await admission.current.create(object)) as BuildEnvironment);
  });
  afterAll(async () => {
    for (const object of environments.toReversed()) await admission.current.remove(object);
  });

  it.for(goodJobs)(
    'when a job comes like $name, then it is taken, its pod is the golden one, and the API server takes that',
    async ({ name, spec }) => {
      const { session } = admission.current;
      const namespace = session.info.namespace;
      const job = await session.jobs.create(
        { apiVersion, kind: 'BuildJob', metadata: { name, namespace }, spec: { cancelled: false, ...spec } },
        { dryRun: true },
        session.signal,
      );
      const pod = renderPod(job, stored, defaults);
      const { text, expected } = golden(name, pod);
      expect(text).toBe(expected);
      const made = await session.pods.create(pod, { dryRun: true }, session.signal);
      expect(made.metadata.name).toBe(pod.metadata?.name);
    },
  );
});

it('no golden file is stale', () => {
  expect(goldenNames().toSorted()).toEqual(goodJobs.map(({ name }) => name).toSorted());
});
