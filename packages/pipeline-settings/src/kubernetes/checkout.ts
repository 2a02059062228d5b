import type { BuildJobSpec } from '@buildkite-operator/crds';
import type { JsonObject } from '@buildkite-operator/crds/toolkit';
import { volumeNames } from '@buildkite-operator/podspec';
import { type Draft, filled, mountsOf, placed } from './draft.ts';
import type { KubernetesPlugin, PluginCheckout } from './kubernetes-plugin.ts';

/** What the checkout settings of a block become. */
export interface CheckoutParts {
  readonly checkout: BuildJobSpec['checkout'];
  /** The entry of the container in `podPatch`, without a name. */
  readonly patch: JsonObject;
  /** Volumes that `podPatch` changes. */
  readonly volumes: readonly JsonObject[];
}

const credentialsFile = '.git-credentials';

/** Maps `checkout`, and what other keys say about the checkout's container. */
export function checkoutParts({ checkout = {}, extraVolumeMounts, gitEnvFrom }: KubernetesPlugin, draft: Draft): CheckoutParts {
  const { skip, cloneFlags, fetchFlags, cleanFlags, checkoutFlags, noSubmodules, submoduleCloneConfig, gitMirrors } = checkout;
  const credentials = credentialsOf(checkout, draft);
  const settings: NonNullable<BuildJobSpec['checkout']> = filled({
    skip,
    cloneFlags,
    fetchFlags,
    cleanFlags,
    checkoutFlags,
    ...(noSubmodules !== undefined && { submodules: !noSubmodules }),
    submoduleCloneConfig,
    gitMirrors,
    credentialsSecret: credentials.secret,
  });
  if (Object.keys(settings).length > 0) draft.origins.field('checkout', 'kubernetes', ['checkout']);
  if (settings.credentialsSecret !== undefined)
    draft.origins.field('checkout.credentialsSecret', 'kubernetes', ['checkout', 'gitCredentialsSecret', 'secretName']);
  const envFrom = [...(checkout.envFrom ?? []), ...(gitEnvFrom ?? [])];
  const volumeMounts = mountsOf(
    [...placed(extraVolumeMounts, ['extraVolumeMounts']), ...placed(checkout.extraVolumeMounts, ['checkout', 'extraVolumeMounts'])],
    draft,
  );
  return {
    checkout: Object.keys(settings).length > 0 ? settings : undefined,
    patch: skip === true ? {} : filled({ envFrom, volumeMounts }),
    volumes: credentials.volume === undefined || skip === true ? [] : [credentials.volume],
  };
}

/** The Secret with the credentials; a volume for `podPatch` where another key of it holds them than the one that a checkout looks for. */
function credentialsOf({ gitCredentialsSecret }: PluginCheckout, draft: Draft): { secret?: string; volume?: JsonObject } {
  if (gitCredentialsSecret === undefined) return {};
  const keys = ['checkout', 'gitCredentialsSecret'] as const;
  const { secretName, items, optional, defaultMode } = gitCredentialsSecret;
  if (secretName === undefined) {
    draft.refuse([...keys, 'secretName'], 'is required: give the name of the Secret');
    return {};
  }
  if (items !== undefined && !items.some(({ path }) => path === credentialsFile))
    draft.refuse([...keys, 'items'], `must have an entry with path ${credentialsFile}, for the checkout reads no other file`, items);
  if (items === undefined && optional === undefined && defaultMode === undefined) return { secret: secretName };
  const source = {
    name: secretName,
    items: items ?? [{ key: credentialsFile, path: credentialsFile }],
    optional: optional ?? true,
  };
  return {
    secret: secretName,
    volume: {
      name: volumeNames.gitCredentials,
      projected: { sources: [{ secret: source }], ...(defaultMode !== undefined && { defaultMode }) },
    },
  };
}
