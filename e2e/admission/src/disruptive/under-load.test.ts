import { webhooksSelector } from '@buildkite-operator/e2e-operator';
import { sleep } from '@buildkite-operator/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdmissionLoad, type LoadReport } from '../admission-load.ts';
import { servedCertificate } from '../served-certificate.ts';
import { useAdmission } from '../use-admission.ts';
import { WebhookPods } from '../webhook-pods.ts';

const admission = useAdmission();
const perSecond = 25;

const webhooks = () => new WebhookPods(admission.current.session);
const pause = (ms: number) => sleep(ms, admission.current.session.signal);

/** Lets admissions come in the manner of clients that never try twice while something is done, and for a while before and after. */
async function loadDuring(deed: () => Promise<void>): Promise<LoadReport> {
  const load = new AdmissionLoad(admission.current.session, { perSecond, attempts: 1 });
  await pause(1000);
  const failure = await deed().then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  await pause(3000);
  const report = await load.stop();
  if (failure !== undefined) throw failure.error;
  return report;
}

/** What may be compared: failures, and whether as many admissions came as were meant to. */
function outcome({ sent, seconds, failures }: LoadReport) {
  return { failures, isSteady: sent / seconds > 20 };
}

const unharmed = { failures: [], isSteady: true };

describe('given admissions at 25 per second, of which none is tried twice', () => {
  it('when a replica is deleted, then none fails', async () => {
    const report = await loadDuring(async () => {
      const [pod] = await webhooks().pods();
      const { kubectl, info } = admission.current.session;
      await kubectl(['delete', 'pod', pod?.metadata.name ?? '', '--namespace', info.namespace]);
      await webhooks().waitForRollout();
    });
    expect(outcome(report)).toEqual(unharmed);
  });

  it('when the Deployment is rolled out anew, then none fails', async () => {
    expect(outcome(await loadDuring(() => webhooks().restart()))).toEqual(unharmed);
  });

  it('when the Secret with the certificates is deleted, then none fails, and there is another', async () => {
    const { kubectl, info } = admission.current.session;
    const at = ['secret', 'buildkite-operator-webhooks-tls', '--namespace', info.namespace];
    const uid = () => kubectl(['get', ...at, '--ignore-not-found', '--output=jsonpath={.metadata.uid}']);
    const before = await uid();
    const report = await loadDuring(async () => {
      await kubectl(['delete', ...at]);
      for (let now = ''; now === '' || now === before; now = await uid()) await pause(200);
    });
    expect(outcome(report)).toEqual(unharmed);
    expect(await uid()).not.toBe(before);
  });
});

describe('given replicas that are killed by SIGKILL, one after the other', () => {
  it('when clients try again as the operator does, then none of their admissions fails', async () => {
    const patient = new AdmissionLoad(admission.current.session, { perSecond });
    const plain = new AdmissionLoad(admission.current.session, { perSecond, attempts: 1 });
    const restartsBefore = total(await webhooks().restarts());
    for (const victim of [0, 1]) {
      await pause(1500);
      await webhooks().kill((await webhooks().pods()).slice(victim, victim + 1));
      await pause(2000);
      await webhooks().waitForRollout();
    }
    await pause(3000);
    const [tried, raw] = await Promise.all([patient.stop(), plain.stop()]);
    // For whoever reads the log: what a client sees that gives up at once.
    const kinds = [...new Set(raw.failures.map(words))].join('; ');
    process.stdout.write(`  SIGKILL: ${raw.failures.length} of ${raw.sent} raw attempts failed ${kinds}\n`);
    expect(outcome(tried)).toEqual(unharmed);
    expect(total(await webhooks().restarts())).toBe(restartsBefore + 2);
  });
});

function total(restarts: Readonly<Record<string, number>>): number {
  return Object.values(restarts).reduce((sum, one) => sum + one, 0);
}

/** A failure without what differs from one to the next. */
function words(failure: string): string {
  return failure
    .replace(/^number \d+: /, '')
    .replaceAll(/:\d{4,5}\b/g, ':…')
    .slice(0, 160);
}

describe('given certificates that live for seconds', () => {
  const lifetimes = { AUTHORITY_LIFETIME_SECONDS: '30', SERVING_LIFETIME_SECONDS: '12', AUTHORITY_OVERLAP_SECONDS: '3' };
  const kubectl = async (...args: readonly string[]) => {
    const { session } = admission.current;
    return session.kubectl([...args, '--namespace', session.info.namespace]);
  };
  const deployment = 'deployment/buildkite-operator-webhooks';
  const deleteSecret = () => kubectl('delete', 'secret', 'buildkite-operator-webhooks-tls', '--ignore-not-found');

  beforeAll(async () => {
    await kubectl('set', 'env', deployment, ...Object.entries(lifetimes).map(([name, value]) => `${name}=${value}`));
    await webhooks().waitForRollout();
    // The replicas before them go on minding the certificates until they are gone, with lifetimes of their own.
    const pods = async () => (await kubectl('get', 'pods', '--selector', webhooksSelector, '--output=name')).trim().split('\n');
    while ((await pods()).length > 2) await pause(500);
  });
  // From nothing, as a new installation: what is there now would run out before its successor is trusted for long enough.
  afterAll(async () => {
    await kubectl('scale', deployment, '--replicas=0');
    await kubectl('wait', '--for=delete', 'pods', '--selector', webhooksSelector, '--timeout=60s');
    await deleteSecret();
    await kubectl('set', 'env', deployment, ...Object.keys(lifetimes).map(name => `${name}-`));
    await kubectl('scale', deployment, '--replicas=2');
    await webhooks().waitForRollout();
  });

  it('when they are rotated again and again, the authority too, then none of the admissions fails', async () => {
    const [serials, bundles] = [new Set<string>(), new Set<string>()];
    const [pod] = await webhooks().pods();
    if (pod === undefined) throw new Error('no webhook runs');
    const { host, port } = webhooks().address(pod);
    const bundle = '--output=jsonpath={.webhooks[0].clientConfig.caBundle}';
    const report = await loadDuring(async () => {
      // The long-lived ones go first.
      await deleteSecret();
      const until = performance.now() + 50_000;
      while (performance.now() < until) {
        serials.add(await servedCertificate(host, port));
        bundles.add(await kubectl('get', 'validatingwebhookconfiguration', 'buildkite-operator-webhooks', bundle));
        await pause(500);
      }
    });
    expect(outcome(report)).toEqual(unharmed);
    expect(serials.size).toBeGreaterThanOrEqual(4);
    // With two authorities while one takes over from the other.
    expect(bundles.size).toBeGreaterThanOrEqual(4);
  });
});
