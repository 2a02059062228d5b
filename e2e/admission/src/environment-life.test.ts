import { afterEach, describe, expect, it } from 'vitest';
import { changeConfig } from './change-config.ts';
import { type CorpusObject, environment, job } from './corpus/corpus-object.ts';
import { refusalOf } from './refusal.ts';
import { shortcomingsFor, shortcomingsOf } from './shortcomings.ts';
import { useAdmission } from './use-admission.ts';

const admission = useAdmission();

let made: CorpusObject[] = [];

/** Makes objects that go after the test, the last first. */
async function make(...objects: readonly CorpusObject[]): Promise<void> {
  for (const object of objects) {
    await admission.current.create(object);
    made.push(object);
  }
}

afterEach(async () => {
  for (const object of made.toReversed()) await admission.current.remove(object);
  made = [];
});

const image = (name: string, spec: object = {}) => environment({ container: { image: 'busybox:1.37' }, ...spec }, name);

async function change(object: CorpusObject, spec: object): Promise<unknown> {
  const { session } = admission.current;
  const at = { name: object.metadata.name, namespace: session.info.namespace };
  return session.environments.mergePatch(at, { spec }, {}, session.signal);
}

describe('given a BuildJob that waits', () => {
  it.for([
    { role: 'its environment', needs: job({ environment: 'needed' }, 'admission-needs'), others: [] },
    { role: 'its init container', needs: job({ initContainers: [{ environment: 'needed' }] }, 'admission-needs'), others: [] },
    { role: 'its sidecar', needs: job({ extraContainers: [{ name: 'db', environment: 'needed' }] }, 'admission-needs'), others: [] },
    {
      role: "a sidecar of its environment's",
      needs: job({ environment: 'outer' }, 'admission-needs'),
      others: [image('outer', { extraContainers: [{ environment: 'needed' }] })],
    },
  ])('when somebody deletes $role, then that is refused, and says which job needs it', async ({ needs, others }) => {
    const needed = image('needed');
    await make(needed, ...others, needs);
    const refusal = await refusalOf(() => admission.current.remove(needed));
    expect(shortcomingsOf(refusal, [['metadata.name', 'admission-needs', 'needed']])).toEqual([]);
    expect(refusal?.status).toBe(409);
  });

  it('when many jobs need it, then the answer is still short', async () => {
    const needed = image('needed');
    await make(
      needed,
      ...Array.from({ length: 15 }, (_, index) => job({ environment: 'needed' }, `admission-needs-${String(index).padStart(2, '0')}`)),
    );
    expect(
      shortcomingsOf(await refusalOf(() => admission.current.remove(needed)), [
        ['metadata.name', '15 waiting BuildJobs need', 'admission-needs-00', '5 more'],
      ]),
    ).toEqual([]);
  });

  it('when it is cancelled, then the environment may go', async () => {
    const { session } = admission.current;
    const needed = image('needed');
    const needs = job({ environment: 'needed' }, 'admission-needs');
    await make(needed, needs);
    await session.jobs.mergePatch(
      { name: 'admission-needs', namespace: session.info.namespace },
      { spec: { cancelled: true } },
      {},
      session.signal,
    );
    expect(await refusalOf(() => admission.current.remove(needed))).toBeUndefined();
  });

  it('when it is the default that the job did not name, then its deletion is refused as well', async () => {
    const changed = await changeConfig(admission.current, {
      pod_defaults: { ...admission.current.session.info.installation.config?.pod_defaults, agentImage: 'agent', environment: 'needed' },
    });
    const needed = image('needed');
    await make(needed, job({}, 'admission-needs'));
    expect(shortcomingsOf(await refusalOf(() => admission.current.remove(needed)), [['metadata.name', 'admission-needs']])).toEqual([]);
    for (const object of made.toReversed()) await admission.current.remove(object);
    made = [];
    await changed[Symbol.asyncDispose]();
  });
});

describe('given environments that name each other', () => {
  it('when one of two is to name the other back, then that is refused with the way round', async () => {
    const [a, b] = [image('cycle-a'), image('cycle-b', { extraContainers: [{ environment: 'cycle-a' }] })];
    await make(a, b);
    expect(
      shortcomingsOf(await refusalOf(() => change(a, { initContainers: [{ environment: 'cycle-b' }] })), [
        ['spec.initContainers[0].environment', 'cycle-a → cycle-b → cycle-a'],
      ]),
    ).toEqual([]);
  });

  it('when a third closes the circle, then that is refused with the way round', async () => {
    const a = image('cycle-a');
    await make(
      a,
      image('cycle-b', { extraContainers: [{ environment: 'cycle-a' }] }),
      image('cycle-c', { initContainers: [{ environment: 'cycle-b' }] }),
    );
    expect(
      shortcomingsOf(await refusalOf(() => change(a, { extraContainers: [{ name: 'c', environment: 'cycle-c' }] })), [
        ['spec.extraContainers[0].environment', 'cycle-a → cycle-c → cycle-b → cycle-a'],
      ]),
    ).toEqual([]);
  });

  it('when one that others name is changed to name nothing, then it is taken', async () => {
    const a = image('cycle-a');
    await make(a, image('cycle-b', { extraContainers: [{ environment: 'cycle-a' }] }));
    expect(await refusalOf(() => change(a, { description: 'changed' }))).toBeUndefined();
  });

  it('when a job names one whose sidecar is gone, then it is refused with the place in the environment', async () => {
    await make(image('dangling-inner'), image('dangling-outer', { extraContainers: [{ environment: 'dangling-inner' }] }));
    await admission.current.remove(image('dangling-inner'));
    const dangling = job({ environment: 'dangling-outer' });
    // The webhooks hear of the deletion a moment later.
    const deadline = Date.now() + 10_000;
    while ((await refusalOf(() => admission.current.create(dangling, true))) === undefined && Date.now() < deadline);
    const faults = [['environment dangling-outer: spec.extraContainers[0].environment', 'dangling-inner']] as const;
    expect(await shortcomingsFor(admission.current, { object: dangling, faults })).toEqual([]);
  });
});
