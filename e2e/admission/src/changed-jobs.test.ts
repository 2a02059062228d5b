import type { BuildJob } from '@buildkite-operator/crds';
import type { Live } from '@buildkite-operator/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExpectedFault } from './corpus/bad/index.ts';
import { corpusJobId, job } from './corpus/corpus-object.ts';
import { refusalOf } from './refusal.ts';
import { shortcomingsOf } from './shortcomings.ts';
import { useAdmission } from './use-admission.ts';

const admission = useAdmission();

const before = job(
  {
    image: 'debian:13',
    env: [
      { name: 'A', value: '1' },
      { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'npm', key: 'token' } } },
    ],
    resources: { requests: { cpu: '1' } },
    podPatch: { containers: [{ name: 'container-0', resources: { limits: { memory: '1Gi' } } }] },
  },
  'admission-changed',
);

/** Puts a BuildJob there as it is once its pod exists; no controller runs here. */
async function makeStarted(): Promise<Live<BuildJob>> {
  const { session } = admission.current;
  const made = await admission.current.create(before);
  const status = { phase: 'Running', podAttempts: 1, podName: `bk-${corpusJobId}`, podUid: '4a0b8a3e-0000-4000-8000-000000000001' };
  return session.jobs.mergePatch(made.metadata, { status }, { subresource: 'status' }, session.signal);
}

describe('given a BuildJob whose pod exists', () => {
  beforeAll(async () => {
    await makeStarted();
  });
  afterAll(() => admission.current.remove(before));

  const patch = (change: Readonly<Record<string, unknown>>) => {
    const { session } = admission.current;
    const at = { name: before.metadata.name, namespace: session.info.namespace };
    return session.jobs.mergePatch(at, change, { dryRun: true }, session.signal);
  };
  const spec = (change: Readonly<Record<string, unknown>>) => ({ spec: change });

  const refused: readonly { title: string; change: Readonly<Record<string, unknown>>; faults: readonly ExpectedFault[] }[] = [
    {
      title: 'another command',
      change: spec({ command: 'rm -rf /' }),
      faults: [['spec.command', 'cannot change any more', 'Make a new BuildJob']],
    },
    { title: 'no command', change: spec({ command: null }), faults: [['spec.command', 'cannot change any more']] },
    { title: 'another image', change: spec({ image: 'debian:12' }), faults: [['spec.image', 'cannot change any more']] },
    { title: 'another environment', change: spec({ environment: 'node' }), faults: [['spec.environment', 'cannot change any more']] },
    {
      title: 'another Buildkite job',
      change: spec({ buildkite: { jobId: corpusJobId.replace('0197', '0198') } }),
      faults: [['spec.buildkite', 'cannot change any more']],
    },
    { title: 'another variable', change: spec({ env: [{ name: 'A', value: '2' }] }), faults: [['spec.env', 'cannot change any more']] },
    { title: 'more CPU', change: spec({ resources: { requests: { cpu: '2' } } }), faults: [['spec.resources', 'cannot change any more']] },
    { title: 'more time', change: spec({ timeoutSeconds: 7200 }), faults: [['spec.timeoutSeconds', 'cannot change any more']] },
    {
      title: 'another time to live',
      change: spec({ ttlSecondsAfterFinished: 1 }),
      faults: [['spec.ttlSecondsAfterFinished', 'cannot change any more']],
    },
    {
      title: 'a node selector',
      change: spec({ nodeSelector: { disk: 'ssd' } }),
      faults: [['spec.nodeSelector', 'cannot change any more']],
    },
    {
      title: 'a sidecar',
      change: spec({ extraContainers: [{ name: 'a', image: 'b' }] }),
      faults: [['spec.extraContainers', 'cannot change any more']],
    },
    {
      title: 'a service account',
      change: spec({ serviceAccountName: 'ci-builder' }),
      faults: [['spec.serviceAccountName', 'cannot change any more']],
    },
    // What the schema cannot compare: a field of another name in a part that is passed on as it is.
    {
      title: 'a variable from another kind of source',
      change: spec({
        env: [
          { name: 'A', value: '1' },
          { name: 'TOKEN', valueFrom: { configMapKeyRef: { name: 'npm', key: 'token' } } },
        ],
      }),
      faults: [['spec.env[1].valueFrom.secretKeyRef'], ['spec.env[1].valueFrom.configMapKeyRef', 'npm']],
    },
    {
      title: 'a patch of another field',
      change: spec({ podPatch: { containers: null, initContainers: [{ name: 'container-0', resources: { limits: { memory: '1Gi' } } }] } }),
      faults: [['spec.podPatch.containers'], ['spec.podPatch.initContainers', 'container-0']],
    },
    {
      title: 'several changes at once',
      change: spec({ command: 'true', image: 'busybox', timeoutSeconds: 1 }),
      faults: [['spec.command'], ['spec.image'], ['spec.timeoutSeconds']],
    },
  ];
  it.for(refused)('when somebody asks for $title, then it is refused with the field', async ({ change, faults }) => {
    const refusal = await refusalOf(() => patch(change));
    expect(shortcomingsOf(refusal, faults)).toEqual([]);
  });

  it.for([
    { title: 'its cancellation', change: spec({ cancelled: true }) },
    { title: 'a label', change: { metadata: { labels: { seen: 'true' } } } },
    { title: 'an annotation', change: { metadata: { annotations: { note: 'x' } } } },
    { title: 'a finalizer', change: { metadata: { finalizers: ['example.com/hold'] } } },
  ])('when somebody asks for $title, then it is taken', async ({ change }) => {
    expect(await refusalOf(() => patch(change))).toBeUndefined();
  });
});

describe('given a BuildJob that waits', () => {
  const waiting = job({ image: 'debian:13' }, 'admission-waiting');
  beforeAll(() => admission.current.create(waiting));
  afterAll(() => admission.current.remove(waiting));

  it.for([
    { title: 'another image', change: { image: 'debian:12' }, faults: undefined },
    { title: 'an environment that there is not', change: { environment: 'nowhere' }, faults: [['spec.environment', 'nowhere']] as const },
    {
      title: 'privileges',
      change: { extraContainers: [{ name: 'a', image: 'b', securityContext: { privileged: true } }] },
      faults: [['spec.extraContainers[0].securityContext.privileged']] as const,
    },
  ])('when somebody asks for $title, then it is judged as if it were new', async ({ change, faults }) => {
    const { session } = admission.current;
    const at = { name: waiting.metadata.name, namespace: session.info.namespace };
    const refusal = await refusalOf(() => session.jobs.mergePatch(at, { spec: change }, { dryRun: true }, session.signal));
    expect(faults === undefined ? refusal : shortcomingsOf(refusal, faults)).toEqual(faults === undefined ? undefined : []);
  });

  it('when a cancelled one is to be taken back, then that is refused', async () => {
    const { session } = admission.current;
    const cancelled = job({ cancelled: true }, 'admission-cancelled');
    await admission.current.create(cancelled);
    const at = { name: cancelled.metadata.name, namespace: session.info.namespace };
    const refusal = await refusalOf(() => session.jobs.mergePatch(at, { spec: { cancelled: false } }, {}, session.signal));
    await admission.current.remove(cancelled);
    expect(shortcomingsOf(refusal, [['spec.cancelled', 'cannot be taken back']])).toEqual([]);
  });
});
