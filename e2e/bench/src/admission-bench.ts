import { setTimeout as delay } from 'node:timers/promises';
import { AdmissionLoad, changeConfig, type LoadReport, WebhookPods } from '@buildkite-operator/e2e-admission';
import { say } from '@buildkite-operator/e2e-setup';
import type { TestbedSession } from '@buildkite-operator/e2e-testbed';
import { type Buckets, bucketPercentile, bucketsSince, readBuckets } from './histogram.ts';
import { onTestbed } from './on-testbed.ts';
import { percentile } from './percentile.ts';

const perSecond = 50;
const shares = [0.5, 0.95, 0.99] as const;
const histogram = 'buildkite_operator_webhooks_duration_seconds';

/** What is measured, as it is measured: the client's view, and that of the webhooks where they were asked. */
interface Measured {
  readonly title: string;
  readonly report: LoadReport;
  readonly webhook: Buckets | undefined;
}

/**
 * Admission latency at 50 BuildJobs per second for so many seconds: with the webhook's own dry run off and on, and as a control in the
 * same run without any webhook. The jobs are only tried (`dryRun`), so nothing runs.
 */
export async function benchAdmission(seconds: number): Promise<void> {
  await onTestbed({ webhooks: true, config: { admission: { dryRun: false } } }, async session => {
    try {
      await makeEnvironments(session);
      const bench = (title: string) => measure(session, title, seconds);
      await bench('warm-up');
      const measured = [await bench('webhook without dry run')];
      const change = await changeConfig({ session }, { admission: { dryRun: true } });
      measured.push(await bench('webhook with dry run'));
      await change[Symbol.asyncDispose]();
      measured.push(await withoutWebhooks(session, () => bench('control: no webhook')));
      report(measured);
    } finally {
      await session.kubectl(['delete', 'buildenvironments', '--all', '--namespace', session.info.namespace]);
    }
  });
}

/** As many as a platform may have, each with a database beside it. */
async function makeEnvironments({ environments, info, signal }: TestbedSession): Promise<void> {
  const make = (name: string, spec: object) =>
    environments.create(
      { apiVersion: 'buildkite-operator.io/v1alpha1', kind: 'BuildEnvironment', metadata: { name, namespace: info.namespace }, spec },
      {},
      signal,
    );
  await make('database', { container: { image: 'postgres:17' }, volumes: [{ name: 'data', emptyDir: {} }] });
  for (let index = 0; index < 50; index += 1) {
    await make(`environment-${index}`, {
      container: { image: 'node:24', resources: { requests: { cpu: '500m', memory: '512Mi' }, limits: { memory: '2Gi' } } },
      extraContainers: [{ environment: 'database' }],
    });
  }
}

async function measure(session: TestbedSession, title: string, seconds: number): Promise<Measured> {
  const webhooks = new WebhookPods(session);
  const look = async () => {
    const pods = await webhooks.pods();
    return Promise.all(pods.map(async pod => readBuckets(await webhooks.metrics(pod), histogram, { webhook: 'validate-buildjob' })));
  };
  const before = await look();
  const spec = { environment: 'environment-7', env: [{ name: 'CI', value: 'true' }], initContainers: [{ name: 'warm', image: 'node:24' }] };
  const load = new AdmissionLoad(session, { perSecond, attempts: 1, spec });
  await delay(seconds * 1000);
  const result = await load.stop();
  const since = bucketsSince(before, await look());
  const asked = Math.max(...since.values(), 0) > 0;
  if (result.failures.length > 0)
    throw new Error(`${title}: ${result.failures.length} admissions failed, the first with ${result.failures[0]}`);
  say(`  ${title}: ${result.sent} admissions in ${result.seconds.toFixed(1)} s`);
  return { title, report: result, webhook: asked ? since : undefined };
}

/** Takes both webhook configurations away for as long as `act` runs. */
async function withoutWebhooks<T>({ kubectl }: TestbedSession, act: () => Promise<T>): Promise<T> {
  const kinds = ['validatingwebhookconfiguration', 'mutatingwebhookconfiguration'].map(kind => `${kind}/buildkite-operator-webhooks`);
  const kept = await kubectl(['get', ...kinds, '--output=json']);
  await kubectl(['delete', ...kinds]);
  try {
    return await act();
  } finally {
    await kubectl(['apply', '--server-side', '--force-conflicts', '--filename=-'], { input: withoutServerFields(kept) });
  }
}

/** The objects as they can be made again. */
function withoutServerFields(list: string): string {
  return JSON.stringify(JSON.parse(list), (key, value: unknown) =>
    ['managedFields', 'resourceVersion', 'uid', 'creationTimestamp', 'generation'].includes(key) ? undefined : value,
  );
}

function report(measured: readonly Measured[]): void {
  const cells = (values: readonly number[]) => values.map(value => value.toFixed(1).padStart(9)).join('');
  say(
    `\n${`milliseconds, at ${perSecond} admissions per second`.padEnd(52)}${['p50', 'p95', 'p99'].map(title => title.padStart(9)).join('')}`,
  );
  for (const {
    title,
    report: { latencies },
    webhook,
  } of measured) {
    say(`${`${title}, client`.padEnd(52)}${cells(shares.map(share => percentile(latencies, share)))}`);
    if (webhook !== undefined)
      say(`${`${title}, webhook's own histogram`.padEnd(52)}${cells(shares.map(share => bucketPercentile(webhook, share) * 1000))}`);
  }
}
