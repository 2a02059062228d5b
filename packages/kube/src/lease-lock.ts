import type { Clock } from '@buildkite-operator/service';
import { monotonicClock } from '@buildkite-operator/service';
import { builtin, type Lease } from './builtin-resources.ts';
import { withDeadline } from './deadline.ts';
import { isKubeError } from './kube-error.ts';
import type { Live } from './kube-object.ts';
import { toMicroTime } from './micro-time.ts';
import { ResourceClient } from './resource-client.ts';
import type { Transport } from './transport.ts';

export interface LeaseLockOptions {
  readonly transport: Transport;
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly leaseDurationMs: number;
  /** For the times in the Lease. */
  readonly clock: Clock;
}

/** One candidate's view of a Lease, and its tries to hold it. */
export class LeaseLock {
  readonly #options: LeaseLockOptions;
  readonly #leases: ResourceClient<Lease>;
  #lease: Live<Lease> | undefined;
  /** What we last saw in it, and when (monotonic): a change proves that its holder lived. */
  #seen = '';
  #seenAt = 0;
  #renewedAt = 0;

  constructor(options: LeaseLockOptions) {
    this.#options = options;
    this.#leases = new ResourceClient(options.transport, builtin.leases);
  }

  get holder(): string | undefined {
    const holder = this.#lease?.spec?.holderIdentity;
    return holder === '' ? undefined : holder;
  }

  /** Whether somebody else holds it, as far as we know. */
  get isOthers(): boolean {
    return this.holder !== undefined && this.holder !== this.#options.identity;
  }

  /** When the last successful try was sent: from then on others count the lease's duration, or from later. Monotonic. */
  get renewedAt(): number {
    return this.#renewedAt;
  }

  /** One try, at most `ms` long. Returns whether we hold the lease; throws a KubeError when the API server cannot say. */
  async acquireOrRenew(ms: number, signal: AbortSignal): Promise<boolean> {
    const startedAt = monotonicClock.now();
    const limits = { deadlineMs: ms, attempts: 1 };
    // A holder writes without reading: it knows the version. After a conflict the next try reads again.
    const known = this.holder === this.#options.identity ? this.#lease : undefined;
    const current = known ?? (await this.#leases.find(this.#options, limits, signal));
    if (known === undefined) this.#observe(current);
    if (current !== undefined && this.isOthers && !this.#hasExpired(current)) return false;
    try {
      const next = this.#claim(current);
      const stored =
        current === undefined ? await this.#leases.create(next, limits, signal) : await this.#leases.replace(next, limits, signal);
      this.#observe(stored);
      this.#renewedAt = startedAt;
      return true;
    } catch (thrown) {
      // Whoever was faster, we only know after reading again.
      this.#lease = undefined;
      if (isKubeError(thrown, 'Conflict', 'AlreadyExists', 'NotFound')) return false;
      throw thrown;
    }
  }

  /** Gives the lease up if it is ours, so that others need not wait for its end. */
  async release(ms: number): Promise<void> {
    const release = async (signal: AbortSignal) => {
      try {
        await this.#tryRelease(signal);
      } catch (thrown) {
        // A renewal that was cut off may have reached the server after our read.
        if (!isKubeError(thrown, 'Conflict')) throw thrown;
        await this.#tryRelease(signal);
      }
    };
    await withDeadline('release of the lease', ms, release, new AbortController().signal);
  }

  async #tryRelease(signal: AbortSignal): Promise<void> {
    const lease = await this.#leases.find(this.#options, {}, signal);
    if (lease === undefined || lease.spec?.holderIdentity !== this.#options.identity) return;
    const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: toMicroTime(this.#options.clock.now()) };
    this.#observe(await this.#leases.replace({ ...lease, spec }, {}, signal));
  }

  #claim(current: Live<Lease> | undefined): Lease {
    const { identity, name, namespace, leaseDurationMs, clock } = this.#options;
    const now = toMicroTime(clock.now());
    const old = current?.spec ?? {};
    const isOurs = old.holderIdentity === identity;
    return {
      ...current,
      metadata: { ...current?.metadata, name, namespace },
      spec: {
        ...old,
        holderIdentity: identity,
        leaseDurationSeconds: Math.max(1, Math.ceil(leaseDurationMs / 1000)),
        acquireTime: isOurs ? (old.acquireTime ?? now) : now,
        renewTime: now,
        leaseTransitions: (old.leaseTransitions ?? 0) + (isOurs || current === undefined ? 0 : 1),
      },
    };
  }

  #observe(lease: Live<Lease> | undefined): void {
    this.#lease = lease;
    const seen = JSON.stringify(lease?.spec ?? null);
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.#seenAt = monotonicClock.now();
  }

  #hasExpired(lease: Live<Lease>): boolean {
    const durationMs = (lease.spec?.leaseDurationSeconds ?? 0) * 1000;
    return monotonicClock.now() >= this.#seenAt + durationMs;
  }
}
