import { type BuildEnvironment, type BuildJob, buildEnvironmentResource, buildJobResource } from '@buildkite-operator/crds';
import { defineResource, type ObjectMeta } from '@buildkite-operator/kube';

export const buildJobs = defineResource<BuildJob>(buildJobResource);
export const buildEnvironments = defineResource<BuildEnvironment>(buildEnvironmentResource);

/** What both kinds of webhook configuration have in common, as far as this service needs it. */
export interface WebhookConfiguration {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata?: ObjectMeta | undefined;
  webhooks?: { name: string; clientConfig: { caBundle?: string; url?: string } }[];
}

const admissionRegistration = { group: 'admissionregistration.k8s.io', version: 'v1', namespaced: false } as const;

export const validatingConfigurations = defineResource<WebhookConfiguration>({
  ...admissionRegistration,
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
});
export const mutatingConfigurations = defineResource<WebhookConfiguration>({
  ...admissionRegistration,
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
});
