import type { ConfigInput } from '@buildkite-operator/config';
import { defaultConfigMapName } from '@buildkite-operator/config';
import { configData } from '@buildkite-operator/e2e-operator';
import { sleep } from '@buildkite-operator/service';
import { z } from 'zod';
import type { TestbedSession } from './connect-testbed.ts';
import type { ServiceDeployment } from './service-deployment.ts';

const appliedWithinMs = 20_000;

/** Lays a configuration over the area's until disposed of, as an administrator does: every replica of the service has applied it on return. */
export async function overlayConfig(session: TestbedSession, service: ServiceDeployment, change: ConfigInput): Promise<AsyncDisposable> {
  const at = ['configmap', defaultConfigMapName, '--namespace', session.info.namespace];
  const data = z.record(z.string(), z.string()).parse(JSON.parse(await session.kubectl(['get', ...at, '--output=jsonpath={.data}'])));
  const before = new Map(Object.entries(data));
  const changed = configData(change);
  const write = async (values: Readonly<Record<string, string | null>>) =>
    untilApplied(session, service, async () => {
      await session.kubectl(['patch', ...at, '--type=merge', '--patch', JSON.stringify({ data: values })]);
    });
  await write(changed);
  return {
    [Symbol.asyncDispose]: () => write(Object.fromEntries(Object.keys(changed).map(key => [key, before.get(key) ?? null]))),
  };
}

/** Does something that changes the configuration, and waits until every replica has applied one more than before. */
async function untilApplied(session: TestbedSession, service: ServiceDeployment, act: () => Promise<void>): Promise<void> {
  const counts = async () => {
    const pods = await service.pods();
    return new Map(
      await Promise.all(pods.map(async pod => [pod.metadata.name, await service.metric(pod, 'config_applied_total')] as const)),
    );
  };
  const before = await counts();
  await act();
  const deadline = Date.now() + appliedWithinMs;
  for (;;) {
    const now = await counts();
    if ([...before].every(([name, count]) => (now.get(name) ?? 0) > count)) return;
    if (Date.now() > deadline) throw new Error(`not every replica has applied the configuration after ${appliedWithinMs / 1000} s`);
    await sleep(100, session.signal);
  }
}
