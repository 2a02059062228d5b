import { Counter, Gauge, metricPrefix, type Registry } from '@buildkite-operator/service';

/** The figures of the certificates that this replica knows. */
export class CertificateMetrics {
  /** Labels: `certificate` is "serving" or "authority". */
  readonly expiry: Gauge<'certificate'>;
  readonly steps: Counter<'step' | 'result'>;
  readonly bundlePatches: Counter<'result'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.expiry = new Gauge({
      name: `${metricPrefix}webhooks_certificate_expiry_timestamp_seconds`,
      help: 'When the certificate ends, in seconds since the epoch: the serving one and the newest authority.',
      labelNames: ['certificate'],
      registers,
    });
    this.steps = new Counter({
      name: `${metricPrefix}webhooks_certificate_steps_total`,
      help: 'Steps of a rotation by result: done, lost (another replica was faster), failed.',
      labelNames: ['step', 'result'],
      registers,
    });
    this.bundlePatches = new Counter({
      name: `${metricPrefix}webhooks_bundle_patches_total`,
      help: 'Patches of the caBundle in webhook configurations by result: done, failed.',
      labelNames: ['result'],
      registers,
    });
  }
}
