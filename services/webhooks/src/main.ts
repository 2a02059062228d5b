import { serviceBase } from '@buildkite-operator/config';
import { builtin, type Node, Reflector, ResourceClient, type Transport } from '@buildkite-operator/kube';
import { createLogger, type Logger, loadSettings, runService, sleep, startProbeServer } from '@buildkite-operator/service';
import type { TryPod } from './admission/dry-run.ts';
import { webhooksOf } from './admission/webhooks.ts';
import { certificateSource } from './certificate-source.ts';
import { CertificateMetrics } from './certificates/certificate-metrics.ts';
import { JobNamespace } from './job-namespace.ts';
import { startAdmissionServer } from './server/admission-server.ts';
import { WebhookMetrics } from './server/webhook-metrics.ts';
import { type WebhooksSettings, webhooksSettings } from './settings.ts';

/** What the dry run of a pod and the look at a namespace may take. */
const tryDeadlineMs = 5000;

// Every replica is alike: configuration, environments and nodes from the API server; certificates from the Secret or from files.
async function main(settings: WebhooksSettings, logger: Logger, signal: AbortSignal): Promise<void> {
  const { registry, metrics, transport, events, config } = await serviceBase('webhooks', settings, logger);
  const objects = new JobNamespace({ transport, logger, metrics }, settings.POD_NAMESPACE);
  config.subscribe(({ job_namespace }) => objects.moveTo(job_namespace));
  const nodes = new Reflector<Node>({ transport, resource: builtin.nodes, logger, metrics });
  const namespaces = new ResourceClient(transport, builtin.namespaces);
  const server = await startAdmissionServer({
    port: settings.HTTPS_PORT,
    metrics: new WebhookMetrics(registry),
    logger,
    webhooks: webhooksOf({
      config: () => config.current(),
      environments: objects.environments,
      jobs: objects.jobs,
      nodes: () => (nodes.store.hasSynced ? [...nodes.store.values()] : undefined),
      isNamespaceEnding: async (name, deciding) => {
        const namespace = await namespaces.find({ name }, { deadlineMs: tryDeadlineMs, attempts: 2 }, deciding);
        return namespace?.metadata.deletionTimestamp !== undefined || namespace === undefined;
      },
      tryPod: podTrial(transport),
      logger: logger.child({ component: 'admission' }),
    }),
  });
  // The certificates and caches outlive SIGTERM: whoever still comes is served until the connections are drained.
  const stop = new AbortController();
  const certificates = certificateSource({
    settings,
    transport,
    events,
    metrics,
    certificateMetrics: new CertificateMetrics(registry),
    logger,
    serve: pair => server.serve(pair),
  });
  const background = [events, config, objects, nodes, certificates].map(part => part.run(stop.signal));
  const caches = () => (objects.hasSynced && nodes.store.hasSynced ? undefined : 'the caches are not filled yet');
  const probes = await startProbeServer({
    port: settings.HTTP_PORT,
    registry,
    readiness: {
      caches,
      certificate: () => certificates.missing(),
      config: () => config.missing(),
      draining: () => (signal.aborted ? 'shutting down' : undefined),
    },
  });
  await Promise.race([ended(signal), Promise.all(background)]);
  server.drain();
  await sleep(settings.DRAIN_SECONDS * 1000, new AbortController().signal);
  await server.close();
  stop.abort();
  await Promise.all(background);
  await probes.close();
  await transport.close();
}

function podTrial(transport: Transport): TryPod {
  const pods = new ResourceClient(transport, builtin.pods);
  return async (pod, signal) => {
    await pods.create(pod, { dryRun: true, deadlineMs: tryDeadlineMs, attempts: 2 }, signal);
  };
}

async function ended(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  if (signal.aborted) resolve();
  return promise;
}

const settings = loadSettings(webhooksSettings, process.env);
const logger = createLogger('webhooks', settings.LOG_LEVEL);
await runService(logger, signal => main(settings, logger, signal));
