import type { BuildJobSpec } from '@buildkite-operator/crds';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { PodSpec } from './kubernetes-pod.ts';
import { renderPod, timeoutsOf } from './render-pod.ts';
import { clientContainers } from './start-gate.ts';
import { attacksOn } from './testing/attacks.ts';
import { byName, podDefaults, type RenderCase, renderCases, renderRefusal, sampleJob, sampleJobId } from './testing/index.ts';
import { containerOf } from './testing/pod-containers.ts';

// A property takes a second or two; on a busy machine, more.
vi.setConfig({ testTimeout: 60_000 });

const render = ({ job, environments, defaults }: RenderCase) => renderPod(job, byName(environments), defaults);
const runs = { numRuns: 500 };
const longestDeadline = 2 ** 31 - 1;

describe('the pod of any valid job', () => {
  const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
  const labelKey = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
  const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

  it('has valid names and labels, says whose it is, and mounts only what is there', () => {
    fc.assert(
      fc.property(renderCases, given => {
        const { metadata, spec } = render(given);
        const { job } = given;
        expect(metadata).toMatchObject({ name: `bk-${job.spec.buildkite.jobId}`, namespace: job.metadata.namespace });
        expect(metadata?.labels).toMatchObject({
          'app.kubernetes.io/managed-by': 'buildkite-operator',
          'buildkite-operator.io/buildjob': job.metadata.name,
          'buildkite-operator.io/job-id': job.spec.buildkite.jobId,
        });
        const { initContainers = [], containers = [], volumes = [] } = spec ?? {};
        const all = [...initContainers, ...containers];
        for (const names of [all, volumes].map(list => list.map(({ name }) => name))) expect(new Set(names).size).toBe(names.length);
        const labels = Object.entries(metadata?.labels ?? {});
        const known = new Set(volumes.map(({ name }) => name));
        expect({
          names: [metadata?.name ?? '', ...all.map(({ name }) => name), ...known].filter(name => !label.test(name)),
          keys: [...labels.map(([key]) => key), ...Object.keys(metadata?.annotations ?? {})].filter(key => !labelKey.test(key)),
          values: labels.map(([, value]) => value).filter(value => !labelValue.test(value)),
          mounts: all.flatMap(({ volumeMounts = [] }) => volumeMounts).filter(({ name }) => !known.has(name)),
        }).toStrictEqual({ names: [], keys: [], values: [], mounts: [] });
      }),
      runs,
    );
  });

  it('runs its numbered clients once, with the token in the agent only if it has one, and is held until its end is recorded', () => {
    fc.assert(
      fc.property(renderCases, given => {
        const pod = render(given);
        const { job, defaults } = given;
        const { containers = [], restartPolicy, activeDeadlineSeconds } = pod.spec ?? {};
        const all = (name: string) =>
          containers.flatMap(({ env = [] }) => env.filter(entry => entry.name === name).map(({ value }) => value));
        const outside = job.spec.buildkite.outsideAgent !== undefined;
        const ids = outside ? [] : clientContainers(job.spec).map((_name, index) => String(index));
        expect({
          restartPolicy,
          ids: all('BUILDKITE_CONTAINER_ID'),
          counts: all('BUILDKITE_CONTAINER_COUNT'),
          token: placesOfToken(pod.spec),
          finalizers: pod.metadata?.finalizers,
        }).toStrictEqual({
          restartPolicy: 'Never',
          ids,
          counts: outside ? [] : [String(ids.length)],
          token: outside ? [] : ['agent'],
          finalizers: ['buildkite-operator.io/record-ending'],
        });
        expect(activeDeadlineSeconds).toBeLessThanOrEqual(longestDeadline);
        expect(activeDeadlineSeconds).toBeGreaterThan(Math.min(timeoutsOf(job, defaults).timeoutSeconds, longestDeadline - 1));
      }),
      runs,
    );
  });

  it('does the work of an outside job by its checkout, last of the init containers, and its command alone, in the environment of its Secret', () => {
    const outside = renderCases.filter(({ job }) => job.spec.buildkite.outsideAgent !== undefined);
    fc.assert(
      fc.property(outside, given => {
        const { initContainers = [], containers = [], volumes = [] } = render(given).spec ?? {};
        const { buildkite, checkout, podPatch } = given.job.spec;
        const patched = new Set(JSON.stringify(podPatch ?? {}).match(/(?<="name":")[^"]*(?=")/g));
        const clients = [...(checkout?.skip === true ? [] : initContainers.filter(({ name }) => name === 'checkout')), ...containers];
        const own = clients.filter(({ name }) => !patched.has(name) || name === 'container-0' || name === 'checkout');
        expect(own.map(({ name }) => name)).toStrictEqual([...(checkout?.skip === true ? [] : ['checkout']), 'container-0']);
        const secretRef = { name: buildkite.outsideAgent?.environmentSecret };
        for (const { envFrom } of own) expect(envFrom?.at(-1)).toStrictEqual({ secretRef });
        expect(volumes.map(({ name }) => name)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^agent-(token|hooks)$/)]));
      }),
      runs,
    );
  });

  it('depends on nothing but the job, its environments and the defaults, and changes none of them', () => {
    fc.assert(
      fc.property(renderCases, given => {
        const pod = render(given);
        const before = structuredClone(given);
        expect(render(deepFreeze(given))).toStrictEqual(pod);
        expect(given).toStrictEqual(before);
      }),
      runs,
    );
  });
});

describe('the agent token', () => {
  const attacks = attacksOn(podDefaults.agentTokenSecret.name);
  // Where the agent runs elsewhere, its volumes are not there to be mounted.
  const protective = ({ job }: RenderCase) => [
    'TokenExposed',
    'VolumeConflict',
    'PatchRefused',
    ...(job.spec.buildkite.outsideAgent === undefined ? [] : ['VolumeMissing']),
  ];

  it.each(attacks)('is not got at by $title', ({ apply }) => {
    fc.assert(
      fc.property(renderCases, given => {
        expect(protective(given)).toContain(renderRefusal(() => render(apply(given)))?.code);
      }),
      { numRuns: 25 },
    );
  });

  it('is not got at by any several of these', () => {
    fc.assert(
      fc.property(renderCases, fc.subarray([...attacks], { minLength: 2 }), (given, chosen) => {
        const attacked = chosen.reduce((attacked, { apply }) => apply(attacked), given);
        expect([...protective(given), 'NameTaken']).toContain(renderRefusal(() => render(attacked))?.code);
      }),
      runs,
    );
  });
});

describe('any patch at all', () => {
  const names = fc.constantFrom(
    'containers',
    'initContainers',
    'ephemeralContainers',
    'volumes',
    'volumeMounts',
    'env',
    'envFrom',
    'name',
    'value',
    'valueFrom',
    'secretKeyRef',
    'secret',
    'secretName',
    'mountPath',
    'command',
    'args',
    'image',
    'restartPolicy',
    'shareProcessNamespace',
    'lifecycle',
    '$patch',
    '$retainKeys',
    '$setElementOrder/containers',
    '$deleteFromPrimitiveList/args',
  );
  const words = fc.constantFrom(
    'agent',
    'checkout',
    'container-0',
    'copy-agent',
    'mine',
    'agent-token',
    'workspace',
    '/workspace',
    'replace',
  );
  const { json } = fc.letrec<{ json: unknown; object: object }>(tie => ({
    json: fc.oneof(
      { maxDepth: 6 },
      fc.oneof(words, fc.constantFrom('buildkite-agent-token', 'delete', 'merge', 'BUILDKITE_COMMAND', 1, true, null)),
      fc.array(tie('object'), { maxLength: 3 }),
      tie('object'),
    ),
    object: fc.dictionary(names, tie('json'), { maxKeys: 4, noNullPrototype: true }),
  }));
  const named = (parts: fc.Arbitrary<object>) =>
    fc.array(
      fc.tuple(words, parts).map(([name, more]) => ({ ...more, name })),
      { maxLength: 3 },
    );
  const patch = fc.oneof(
    fc.dictionary(names, json, { maxKeys: 4, noNullPrototype: true }),
    fc.record({ containers: named(fc.dictionary(names, json, { maxKeys: 2, noNullPrototype: true })) }),
    fc.record({ volumes: named(fc.dictionary(names, json, { maxKeys: 2, noNullPrototype: true })) }),
  );
  type Buildkite = BuildJobSpec['buildkite'];
  const attempt = (podPatch: Record<string, unknown>, buildkite: Buildkite) => {
    const job = sampleJob({ buildkite, command: 'make', podPatch });
    let spec: PodSpec | undefined;
    const refusal = renderRefusal(() => {
      spec = renderPod(job, new Map(), podDefaults).spec;
    });
    return { spec, refusal };
  };

  it.each<[string, Buildkite, readonly string[]]>([
    ['with an agent', { jobId: sampleJobId }, ['agent']],
    ['of an outside agent', { jobId: sampleJobId, outsideAgent: { environmentSecret: 'job-environment' } }, []],
  ])(
    'of a job %s is refused with a RenderError that names nothing but spec.podPatch, or leaves protocol and token alone',
    (_kind, buildkite, agents) => {
      const { spec: plain } = attempt({}, buildkite);
      let applied = 0;
      fc.assert(
        fc.property(patch, podPatch => {
          const { spec, refusal } = attempt(podPatch, buildkite);
          expect(refusal?.problems.filter(({ field }) => !field.startsWith('spec.podPatch')) ?? []).toStrictEqual([]);
          if (spec === undefined) return;
          applied += 1;
          expect(placesOfToken(spec)).toStrictEqual(agents);
          for (const name of agents) expect(containerOf(spec, name)).toMatchObject({ image: podDefaults.agentImage });
          for (const name of ['copy-agent', ...agents, 'checkout', 'container-0'])
            expect(containerOf(spec, name).command).toStrictEqual(containerOf(plain, name).command);
        }),
        { numRuns: 3000 },
      );
      expect(applied).toBeGreaterThan(100);
    },
  );
});

/** The containers that name the token's volume or Secret anywhere. */
function placesOfToken(spec: PodSpec | undefined): string[] {
  const { initContainers = [], containers = [], ephemeralContainers = [], volumes = [] } = spec ?? {};
  const secret = podDefaults.agentTokenSecret.name;
  const holding = new Set(volumes.filter(volume => JSON.stringify(volume).includes(`"${secret}"`)).map(({ name }) => name));
  return [...initContainers, ...containers, ...ephemeralContainers]
    .filter(({ env = [], envFrom = [], volumeMounts = [] }) => {
      const used = volumeMounts.map(({ name }) => name);
      return used.some(name => holding.has(name)) || JSON.stringify([env, envFrom]).includes(`"${secret}"`);
    })
    .map(({ name }) => name);
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
