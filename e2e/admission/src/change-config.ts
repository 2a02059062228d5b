import type { ConfigInput } from '@buildkite-operator/config';
import { overlayConfig, type TestbedSession } from '@buildkite-operator/e2e-testbed';
import { WebhookPods } from './webhook-pods.ts';

/** Lays a configuration over the area's until disposed of: every replica of the webhooks has applied it on return. */
export function changeConfig({ session }: { readonly session: TestbedSession }, change: ConfigInput): Promise<AsyncDisposable> {
  return overlayConfig(session, new WebhookPods(session), change);
}
