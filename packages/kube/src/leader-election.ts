import { type Clock, isAbort, type Logger, monotonicClock, OperatorError, sleep, systemClock } from '@buildkite-operator/service';
import { isKubeError } from './kube-error.ts';
import type { KubeMetrics } from './kube-metrics.ts';
import { LeaseLock } from './lease-lock.ts';
import type { Transport } from './transport.ts';

export interface LeaderElectionOptions {
  readonly transport: Transport;
  readonly namespace: string;
  /** The Lease's name: one per service. */
  readonly name: string;
  /** Who we are; must differ in each process, also after a restart: the pod's name and something random. */
  readonly identity: string;
  /** How long others wait, from the last renewal that they saw, before they take over; default 15 s; whole seconds. */
  readonly leaseDurationMs?: number;
  /** How long after its last successful renewal a leader gives up; default 10 s, must be shorter than the lease. */
  readonly renewDeadlineMs?: number;
  /** Between tries to get or to renew the lease; default 2 s, must be shorter than the renew deadline. */
  readonly retryPeriodMs?: number;
  readonly logger: Logger;
  readonly metrics?: KubeMetrics;
  /** For the times written into the Lease, which nobody relies on. */
  readonly clock?: Clock;
}

/** How long the release of the lease may take at the end. */
const releaseMs = 2000;

/**
 * Lets one process at a time do some work, by a Lease, with the meaning that client-go gives it. Clocks of different
 * machines are never compared: a candidate takes over only after it has itself seen no renewal for the lease's duration.
 */
export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  readonly #graceMs: number;
  readonly #logger: Logger;
  readonly #lock: LeaseLock;
  #leading = false;

  /** Throws `InvalidLeaderElection` when the three times do not fit each other. */
  constructor(options: LeaderElectionOptions) {
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2000 } = options;
    if (!(leaseDurationMs > renewDeadlineMs && renewDeadlineMs > retryPeriodMs && retryPeriodMs > 0)) {
      throw new OperatorError(
        'InvalidLeaderElection',
        `leaseDurationMs (${leaseDurationMs}) must be longer than renewDeadlineMs (${renewDeadlineMs}), and that longer than retryPeriodMs (${retryPeriodMs})`,
      );
    }
    this.#options = options;
    this.#renewDeadlineMs = renewDeadlineMs;
    this.#retryPeriodMs = retryPeriodMs;
    this.#graceMs = leaseDurationMs - renewDeadlineMs;
    this.#logger = options.logger.child({ component: 'leader-election', lease: `${options.namespace}/${options.name}` });
    this.#lock = new LeaseLock({ ...options, leaseDurationMs, clock: options.clock ?? systemClock });
  }

  get isLeader(): boolean {
    return this.#leading;
  }

  /** Who held the lease when we last looked; undefined when nobody did. */
  get holder(): string | undefined {
    return this.#lock.holder;
  }

  /**
   * Waits until we lead, then runs `lead`, whose signal is aborted when `signal` is or when leadership is lost. The lease is
   * renewed for as long as `lead` takes to end, then released. Returns when `lead` has returned or `signal` was aborted;
   * throws what `lead` threw, or `LeadershipLost`, after which the process should end: work may still be under way in it.
   */
  async run(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      await this.#acquire(signal);
    } catch (thrown) {
      if (signal.aborted) return;
      throw thrown;
    }
    this.#setLeading(true);
    this.#logger.info({ identity: this.#options.identity }, 'leading');
    const leading = new AbortController();
    const onAbort = () => leading.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      await this.#leadAndRenew(lead, leading);
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#setLeading(false);
    }
  }

  async #acquire(signal: AbortSignal): Promise<void> {
    for (;;) {
      if (await this.#try(this.#renewDeadlineMs, signal)) return;
      // Spread the candidates, or they collide at every expiry.
      await sleep(this.#retryPeriodMs * (1 + 1.2 * Math.random()), signal);
    }
  }

  async #leadAndRenew(lead: (signal: AbortSignal) => Promise<void>, leading: AbortController): Promise<void> {
    const stopRenewing = new AbortController();
    const work = Promise.try(lead, leading.signal).finally(() => stopRenewing.abort());
    // Its failure is awaited below, but not if it ends only after we have given up waiting.
    work.catch(() => undefined);
    if (await this.#renew(stopRenewing.signal)) {
      await this.#end(work, leading.signal);
      return;
    }
    this.#setLeading(false);
    leading.abort();
    this.#logger.error({ holder: this.holder }, 'leadership lost');
    await this.#settled(work, this.#graceMs);
    throw new OperatorError('LeadershipLost', `the lease ${this.#options.namespace}/${this.#options.name} could not be renewed in time`);
  }

  /** Passes on how the work ended, and hands the lease over. */
  async #end(work: Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      await work;
    } catch (thrown) {
      if (!(signal.aborted && isAbort(thrown))) throw thrown;
    } finally {
      await this.#release();
    }
  }

  /** Returns true when told to stop, false when leadership is lost. */
  async #renew(stop: AbortSignal): Promise<boolean> {
    try {
      for (;;) {
        await sleep(this.#retryPeriodMs, stop);
        const remainingMs = this.#lock.renewedAt + this.#renewDeadlineMs - monotonicClock.now();
        const renewed = remainingMs > 0 && (await this.#try(remainingMs, stop));
        if (!renewed && (this.#lock.isOthers || this.#isOverdue())) return false;
      }
    } catch (thrown) {
      if (stop.aborted) return true;
      throw thrown;
    }
  }

  #isOverdue(): boolean {
    // The next try would come too late.
    return monotonicClock.now() + this.#retryPeriodMs >= this.#lock.renewedAt + this.#renewDeadlineMs;
  }

  /** One try; failures of the API server are a no, with a line in the log. */
  async #try(limitMs: number, signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#lock.acquireOrRenew(Math.min(limitMs, this.#renewDeadlineMs / 2), signal);
    } catch (error) {
      if (!isKubeError(error)) throw error;
      this.#logger.warn({ error }, 'cannot reach the lease');
      return false;
    }
  }

  async #release(): Promise<void> {
    try {
      await this.#lock.release(releaseMs);
      this.#logger.info('leadership released');
    } catch (error) {
      this.#logger.warn({ error }, 'could not release the lease: others must wait for its end');
    }
  }

  async #settled(work: Promise<void>, ms: number): Promise<void> {
    const enough = new AbortController();
    const timeUp = sleep(ms, enough.signal).then(
      () => this.#logger.error({ ms }, 'the work of the lost leadership goes on'),
      () => undefined,
    );
    await Promise.race([
      timeUp,
      work.then(
        () => undefined,
        () => undefined,
      ),
    ]);
    enough.abort();
  }

  #setLeading(leading: boolean): void {
    this.#leading = leading;
    this.#options.metrics?.leader.set({ lease: this.#options.name }, leading ? 1 : 0);
  }
}
