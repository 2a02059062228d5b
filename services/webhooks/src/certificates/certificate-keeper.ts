import {
  builtin,
  type EventRecorder,
  isKubeError,
  type Live,
  ResourceClient,
  type Secret,
  type StoreReader,
  type Transport,
} from '@buildkite-operator/kube';
import { backoffDelay, type Clock, errorMessage, isAbort, type Logger, sleep } from '@buildkite-operator/service';
import { CertificateError } from './certificate-error.ts';
import type { CertificateMetrics } from './certificate-metrics.ts';
import { bundleOf, type CertificateState, readSecretData } from './certificate-state.ts';
import { type Lifetimes, nextStep, type Step } from './next-step.ts';
import type { CertificateSource, ServeCertificate } from './serving-certificate.ts';
import { takeStep } from './take-step.ts';
import { type ConfigurationTarget, isPublished, publishBundle } from './webhook-bundles.ts';

export interface CertificateKeeperOptions {
  readonly transport: Transport;
  /** The one Secret, and the cache that follows it. */
  readonly secret: { readonly namespace: string; readonly name: string; readonly store: StoreReader<Secret> };
  readonly configurations: readonly ConfigurationTarget[];
  /** Names that the API server calls the service by. */
  readonly names: readonly string[];
  readonly lifetimes: Lifetimes;
  readonly serve: ServeCertificate;
  readonly events: EventRecorder;
  readonly metrics: CertificateMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** How often all is looked at although nothing has changed. */
const longestWaitMs = 60_000;
const callDeadlineMs = 10_000;
const backoff = { initialMs: 100, maxMs: 5000 };

/**
 * Keeps the service's own authority and certificates in one Secret. Every replica runs one, none leads: each write holds only if the
 * Secret is still as it was seen, so of two that take the same step one wins, and the other takes over what that one wrote.
 */
export class CertificateKeeper implements CertificateSource {
  readonly #options: CertificateKeeperOptions;
  readonly #logger: Logger;
  readonly #secrets: ResourceClient<Secret>;
  #remembered: CertificateState | undefined;
  #served: string | undefined;
  #published: { readonly bundle: string; readonly since: number } | undefined;
  #wasPublished = false;
  #rejectedVersion: string | undefined;
  #failures = 0;
  #wake = Promise.withResolvers<void>();

  constructor(options: CertificateKeeperOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ component: 'certificates' });
    this.#secrets = new ResourceClient(options.transport, builtin.secrets);
  }

  missing(): string | undefined {
    if (this.#served === undefined) return 'there is no serving certificate yet';
    if (!this.#wasPublished) return 'the webhook configurations do not trust the serving certificate yet';
    return undefined;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { secret, configurations } = this.#options;
    const stores = [secret.store, ...configurations.map(({ store }) => store)];
    const wake = () => this.#wake.resolve();
    const stops = stores.map(store => store.onChange(wake));
    try {
      await Promise.all(stores.map(store => store.waitForSync(signal)));
      while (!signal.aborted) {
        this.#wake = Promise.withResolvers<void>();
        const waitMs = await this.#turn(signal);
        await this.#pause(waitMs, signal);
      }
    } catch (error) {
      if (!signal.aborted || !isAbort(error)) throw error;
    } finally {
      for (const stop of stops) stop();
    }
  }

  /** Looks at everything once and does what is due. Returns how long nothing will be due. */
  async #turn(signal: AbortSignal): Promise<number> {
    try {
      const waitMs = await this.#act(signal);
      this.#failures = 0;
      return waitMs;
    } catch (error) {
      signal.throwIfAborted();
      this.#failures += 1;
      const delayMs = backoffDelay(this.#failures, backoff);
      this.#logger.warn({ error, failures: this.#failures, delayMs }, 'cannot keep the certificates fresh: trying again');
      return delayMs;
    }
  }

  async #act(signal: AbortSignal): Promise<number> {
    const { secret, names, lifetimes, clock } = this.#options;
    const stored = secret.store.get(`${secret.namespace}/${secret.name}`);
    const state = stored === undefined ? undefined : this.#read(stored);
    if (state !== undefined && stored !== undefined) {
      this.#take(state);
      await this.#publish(state, stored, signal);
    }
    const step = nextStep({
      stored: state,
      remembered: this.#remembered,
      publishedSince: state === undefined ? undefined : this.#publishedSince(state),
      names,
      lifetimes,
      now: clock.now(),
    });
    if (step.do === 'wait') return Math.min(longestWaitMs, Math.max(0, step.until - clock.now()));
    await this.#write(step, state ?? this.#remembered, stored, signal);
    // What was written comes back through the cache.
    return longestWaitMs;
  }

  #read(secret: Live<Secret>): CertificateState | undefined {
    try {
      return readSecretData(secret.data ?? {});
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
      if (this.#rejectedVersion !== secret.metadata.resourceVersion) {
        this.#rejectedVersion = secret.metadata.resourceVersion;
        this.#logger.error({ error, secret: secret.metadata.name }, 'the Secret holds something else than our certificates: replacing it');
        this.#options.events.record(builtin.secrets, secret, {
          type: 'Warning',
          reason: 'InvalidCertificates',
          note: `the content is not usable and is replaced: ${errorMessage(error)}`,
          action: 'ReplaceCertificates',
        });
      }
      return undefined;
    }
  }

  #take(state: CertificateState): void {
    const { serve, metrics } = this.#options;
    this.#remembered = state;
    metrics.expiry.set({ certificate: 'serving' }, state.serving.expiresAt / 1000);
    metrics.expiry.set({ certificate: 'authority' }, state.authorities[0].expiresAt / 1000);
    if (this.#served === state.serving.fingerprint) return;
    serve(state.serving);
    this.#served = state.serving.fingerprint;
    this.#logger.info({ expires: new Date(state.serving.expiresAt).toISOString() }, 'serving with a new certificate');
  }

  async #publish(state: CertificateState, seen: Live<Secret>, signal: AbortSignal): Promise<void> {
    const { configurations, transport, secret, metrics } = this.#options;
    const bundle = Buffer.from(bundleOf(state)).toString('base64');
    if (isPublished(configurations, bundle)) return;
    // A replica whose cache is behind must not put an older bundle back.
    const current = await this.#secrets.find(secret, { deadlineMs: callDeadlineMs }, signal);
    if (current?.metadata.resourceVersion !== seen.metadata.resourceVersion) return;
    for (const target of configurations) {
      const configuration = target.store.get(target.name);
      if (configuration === undefined) continue;
      try {
        const patched = await publishBundle(transport, target, configuration, bundle, signal);
        if (!patched) continue;
        metrics.bundlePatches.inc({ result: 'done' });
        this.#logger.info({ configuration: target.name, kind: target.resource.kind }, 'put the authorities in a webhook configuration');
      } catch (error) {
        metrics.bundlePatches.inc({ result: 'failed' });
        // It has just changed or gone; the cache will say so.
        if (!isKubeError(error, 'Invalid', 'NotFound', 'Conflict')) throw error;
        this.#logger.debug({ error, configuration: target.name }, 'a webhook configuration has changed meanwhile');
      }
    }
  }

  /** Since when every configuration has had the bundle. */
  #publishedSince(state: CertificateState): number | undefined {
    const bundle = Buffer.from(bundleOf(state)).toString('base64');
    if (!isPublished(this.#options.configurations, bundle)) {
      this.#published = undefined;
      return undefined;
    }
    this.#wasPublished = true;
    if (this.#published?.bundle !== bundle) this.#published = { bundle, since: this.#options.clock.now() };
    return this.#published.since;
  }

  async #write(
    step: Exclude<Step, { do: 'wait' }>,
    from: CertificateState | undefined,
    stored: Live<Secret> | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { secret, names, lifetimes, clock, metrics } = this.#options;
    const data = await takeStep(step, { from, names, lifetimes, now: clock.now() });
    try {
      await this.#store(data, stored, signal);
    } catch (error) {
      const lost = isKubeError(error, 'Conflict', 'AlreadyExists', 'NotFound');
      metrics.steps.inc({ step: step.do, result: lost ? 'lost' : 'failed' });
      if (!lost) throw error;
      this.#logger.debug({ step: step.do }, 'another replica was faster');
      return;
    }
    metrics.steps.inc({ step: step.do, result: 'done' });
    this.#logger.info({ step: step.do, why: step.why, secret: secret.name }, 'certificates written');
  }

  async #store(data: Record<string, string>, stored: Live<Secret> | undefined, signal: AbortSignal): Promise<void> {
    const { namespace, name } = this.#options.secret;
    const options = { deadlineMs: callDeadlineMs };
    const labels = { 'app.kubernetes.io/name': 'webhooks', 'app.kubernetes.io/part-of': 'buildkite-operator' };
    if (stored === undefined) {
      await this.#secrets.create({ metadata: { namespace, name, labels }, type: 'Opaque', data }, options, signal);
      return;
    }
    try {
      await this.#secrets.replace({ ...stored, data }, options, signal);
    } catch (error) {
      if (!isKubeError(error, 'Invalid')) throw error;
      // It is immutable, or of a type that wants other keys: only a new one can hold ours.
      const { uid, resourceVersion } = stored.metadata;
      this.#logger.warn({ error, secret: name }, 'the Secret cannot be written: making it anew');
      await this.#secrets.delete({ namespace, name }, { ...options, preconditions: { uid, resourceVersion } }, signal);
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    try {
      await Promise.race([this.#wake.promise, sleep(ms, AbortSignal.any([stop.signal, signal]))]);
    } finally {
      stop.abort();
    }
  }
}
