import { type Live, ResourceClient, type ResourceDefinition, type StoreReader, type Transport } from '@buildkite-operator/kube';
import type { WebhookConfiguration } from '../resources.ts';

/** A webhook configuration that must trust the authorities: its kind, its name, and the cache that follows it. */
export interface ConfigurationTarget {
  readonly resource: ResourceDefinition<WebhookConfiguration>;
  readonly name: string;
  readonly store: StoreReader<WebhookConfiguration>;
}

/** How long one patch may take; the next turn tries again. */
const patchDeadlineMs = 10_000;

/** Which webhooks of a configuration do not trust exactly this bundle (base64), by index. */
export function outdatedWebhooks(configuration: WebhookConfiguration, bundle: string): number[] {
  return (configuration.webhooks ?? []).flatMap(({ clientConfig }, index) => (clientConfig.caBundle === bundle ? [] : [index]));
}

/** Whether every configuration that exists has the bundle in all its webhooks. False while a cache is not filled. */
export function isPublished(targets: readonly ConfigurationTarget[], bundle: string): boolean {
  return targets.every(({ name, store }) => {
    const configuration = store.get(name);
    return store.hasSynced && (configuration === undefined || outdatedWebhooks(configuration, bundle).length === 0);
  });
}

/**
 * Puts the bundle in every webhook of the configuration. The names are tested in the same patch, so that a configuration which
 * changed meanwhile is left alone. Returns whether there was anything to do.
 */
export async function publishBundle(
  transport: Transport,
  { resource, name }: ConfigurationTarget,
  configuration: Live<WebhookConfiguration>,
  bundle: string,
  signal: AbortSignal,
): Promise<boolean> {
  const outdated = outdatedWebhooks(configuration, bundle);
  if (outdated.length === 0) return false;
  const webhooks = configuration.webhooks ?? [];
  const operations = outdated.flatMap(index => [
    { op: 'test', path: `/webhooks/${index}/name`, value: webhooks[index]?.name } as const,
    { op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: bundle } as const,
  ]);
  const options = { fieldManager: 'buildkite-operator-webhooks', deadlineMs: patchDeadlineMs };
  await new ResourceClient(transport, resource).jsonPatch({ name }, operations, options, signal);
  return true;
}
