import { builtin, type EventRecorder, type KubeMetrics, Reflector, type Secret, type Transport } from '@buildkite-operator/kube';
import { type Logger, systemClock } from '@buildkite-operator/service';
import { CertificateKeeper } from './certificates/certificate-keeper.ts';
import type { CertificateMetrics } from './certificates/certificate-metrics.ts';
import { MountedCertificate } from './certificates/mounted-certificate.ts';
import type { CertificateSource, ServeCertificate } from './certificates/serving-certificate.ts';
import { mutatingConfigurations, validatingConfigurations, type WebhookConfiguration } from './resources.ts';
import type { WebhooksSettings } from './settings.ts';

export interface CertificateSourceOptions {
  readonly settings: WebhooksSettings;
  readonly transport: Transport;
  readonly events: EventRecorder;
  readonly metrics: KubeMetrics;
  readonly certificateMetrics: CertificateMetrics;
  readonly logger: Logger;
  readonly serve: ServeCertificate;
}

/** The certificates that the settings ask for, and what keeps them fresh. */
export function certificateSource(options: CertificateSourceOptions): CertificateSource {
  const { settings, certificateMetrics, logger, serve } = options;
  if (settings.CERTIFICATES === 'files') {
    return new MountedCertificate({ directory: settings.CERTIFICATES_DIRECTORY, serve, metrics: certificateMetrics, logger });
  }
  return ownCertificates(options);
}

function ownCertificates({
  settings,
  transport,
  events,
  metrics,
  certificateMetrics,
  logger,
  serve,
}: CertificateSourceOptions): CertificateSource {
  const common = { transport, logger, metrics };
  const { POD_NAMESPACE: namespace, TLS_SECRET: name, SERVICE: service } = settings;
  const secrets = new Reflector<Secret>({ ...common, resource: builtin.secrets, namespace, fieldSelector: { 'metadata.name': name } });
  const configurations = [validatingConfigurations, mutatingConfigurations].map(resource => ({
    resource,
    reflector: new Reflector<WebhookConfiguration>({
      ...common,
      resource,
      fieldSelector: { 'metadata.name': settings.WEBHOOK_CONFIGURATION },
    }),
  }));
  const keeper = new CertificateKeeper({
    transport,
    secret: { namespace, name, store: secrets.store },
    configurations: configurations.map(({ resource, reflector }) => ({
      resource,
      name: settings.WEBHOOK_CONFIGURATION,
      store: reflector.store,
    })),
    names: [
      `${service}.${namespace}.svc`,
      `${service}.${namespace}.svc.cluster.local`,
      `${service}.${namespace}`,
      ...settings.ADDITIONAL_NAMES,
    ],
    lifetimes: {
      authorityMs: settings.AUTHORITY_LIFETIME_SECONDS * 1000,
      servingMs: settings.SERVING_LIFETIME_SECONDS * 1000,
      overlapMs: settings.AUTHORITY_OVERLAP_SECONDS * 1000,
    },
    serve,
    events,
    metrics: certificateMetrics,
    logger,
    clock: systemClock,
  });
  const parts = [secrets, keeper, ...configurations.map(({ reflector }) => reflector)];
  return {
    missing: () => keeper.missing(),
    run: async signal => {
      await Promise.all(parts.map(part => part.run(signal)));
    },
  };
}
