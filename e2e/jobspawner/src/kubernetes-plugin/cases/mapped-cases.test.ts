import { randomUUID } from 'node:crypto';
import { apiVersion, type BuildEnvironment, type BuildJob } from '@buildkite-operator/crds';
import { buildJobSpecFor, keyTables, operatorKeys, PipelineSettingsError, settingsPlugins } from '@buildkite-operator/pipeline-settings';
import { renderPod } from '@buildkite-operator/podspec';
import { podDefaults } from '@buildkite-operator/podspec/testing';
import { describe, expect, it } from 'vitest';
import { behaviourCases } from './behaviour-cases.ts';
import type { Step, World } from './good-case.ts';
import { goodCases } from './index.ts';
import { operatorCases } from './operator-cases.ts';
import { operatorRefusals } from './operator-refusals.ts';
import { environment, platform } from './platform.ts';
import { refusedByCluster, refusedSteps } from './refused-steps.ts';
import { refusedValues } from './refused-values.ts';

const world: World = {
  images: { dash: 'test/dash', busybox: 'test/busybox' },
  node: 'node-1',
  architecture: 'arm64',
  repository: { url: 'http://git.example/a.git', privateUrl: 'http://git.example/private/a.git', commit: '0'.repeat(40) },
};

const environments: ReadonlyMap<string, BuildEnvironment> = new Map([
  [
    'kp-environment',
    {
      apiVersion,
      kind: 'BuildEnvironment',
      metadata: { name: 'kp-environment', namespace: 'jobs' },
      spec: environment(world.images.busybox),
    },
  ],
]);

/** What a step becomes, as `pipeline upload` and Buildkite hand it to us. */
function outcomeOf({ command, image, plugins = [], agents = {}, env = {} }: Step) {
  const written = plugins.flatMap(plugin => {
    const entries = Object.entries(plugin).map(([name, settings]) => [Reflect.get(settingsPlugins, name) ?? name, settings] as const);
    return [
      Object.fromEntries(entries.map(([name, settings]) => [name.replace(/^kubernetes#/, `${settingsPlugins.kubernetes}#`), settings])),
    ];
  });
  return buildJobSpecFor(
    {
      id: randomUUID(),
      command,
      env: { ...env, BUILDKITE_PLUGINS: JSON.stringify(written), ...(image !== undefined && { BUILDKITE_IMAGE: image }) },
      agentQueryRules: Object.entries(agents).map(([tag, value]) => `${tag}=${value}`),
    },
    platform,
  );
}

const kubernetesKeys = keyTables.flatMap(({ prefix, fates }) =>
  Object.entries(fates).map(([key, { fate }]) => ({ key: `${prefix}${key}`, fate })),
);

describe('the cases of the kubernetes plugin', () => {
  it('show every key that has an effect', () => {
    const shown = new Set(goodCases.flatMap(({ shows }) => shows));
    const effective = new Set(kubernetesKeys.filter(({ fate }) => fate !== 'refused').map(({ key }) => key));
    expect(shown).toEqual(effective);
  });

  it('have a wrong value for every key', () => {
    expect(refusedValues.map(({ key }) => key).toSorted()).toEqual(kubernetesKeys.map(({ key }) => key).toSorted());
  });
});

describe('the cases of the buildkite-operator plugin', () => {
  it('show every key', () => {
    expect(new Set(operatorCases.flatMap(({ shows }) => shows))).toEqual(new Set(operatorKeys));
  });

  it('have a wrong value for every key', () => {
    expect(operatorRefusals.map(({ key }) => key).toSorted()).toEqual(operatorKeys.toSorted());
  });
});

describe('a step', () => {
  it.each([...goodCases, ...operatorCases, ...behaviourCases])('with $given becomes the pod that it asks for', sample => {
    const { step, pod, buildJob = {}, notices = [] } = sample;
    const { spec, notices: told } = outcomeOf(step(world));
    const job: BuildJob = { apiVersion, kind: 'BuildJob', metadata: { name: 'bk-job', namespace: 'jobs' }, spec };
    pod?.(renderPod(job, environments, { ...podDefaults, image: world.images.dash }), world);
    expect(spec).toMatchObject(buildJob);
    expect(told).toHaveLength(notices.length);
    for (const notice of notices) expect(told.join('\n')).toContain(notice);
  });

  it.each([...refusedValues, ...operatorRefusals])(
    'with a wrong $key is refused, and told which it is and what to do',
    ({ step, says }) => {
      const message = refusalOf({ command: 'true', ...step });
      for (const part of says) expect(message).toContain(part);
    },
  );

  it.each(refusedSteps)('with $given is refused', ({ step, says }) => {
    const message = refusalOf({ command: 'true', ...step });
    for (const part of says) expect(message).toContain(part);
  });

  it.each(refusedByCluster)('with $given is for policy, the merge or the API server to refuse', ({ step }) => {
    expect(outcomeOf({ command: 'true', ...step }).spec).toMatchObject({ command: 'true' });
  });
});

function refusalOf(step: Step): string {
  try {
    outcomeOf(step);
    return 'taken';
  } catch (error) {
    if (error instanceof PipelineSettingsError) return error.message;
    throw error;
  }
}
