import { builtin, type ConfigMap, type EventRecorder, type Live } from '@buildkite-operator/kube';
import type { Logger } from '@buildkite-operator/service';
import type { JobSpawnerMetrics } from '../jobspawner-metrics.ts';

export interface QueueNewsOptions {
  readonly queue: string;
  readonly metrics: JobSpawnerMetrics;
  readonly logger: Logger;
  readonly events: EventRecorder;
  /** The object that people look at for how the operator fares. */
  readonly regarding: () => Live<ConfigMap> | undefined;
}

/** Tells how a queue fares, each change once: in the log, in metrics and as an Event on the configuration. */
export class QueueNews {
  readonly #options: QueueNewsOptions;
  #isPaused: boolean | undefined;
  #obstacle: string | undefined;

  constructor(options: QueueNewsOptions) {
    this.#options = options;
  }

  registered(stackKey: string): void {
    this.#options.metrics.registered.set({ queue: this.#options.queue }, 1);
    this.#tell('Normal', 'StackRegistered', `queue ${this.#options.queue}: the stack ${stackKey} is registered in Buildkite`);
    this.#obstacle = undefined;
  }

  /** The stack is registered no longer, by somebody else's doing. */
  deregistered(why: string): void {
    this.#options.metrics.registered.set({ queue: this.#options.queue }, 0);
    this.#tell(
      'Warning',
      'StackDeregistered',
      `queue ${this.#options.queue}: Buildkite does not know the stack any more, it is registered again: ${why}`,
    );
  }

  paused(isPaused: boolean): void {
    const { queue, metrics } = this.#options;
    metrics.paused.set({ queue }, isPaused ? 1 : 0);
    if (isPaused === (this.#isPaused ?? false)) return;
    this.#isPaused = isPaused;
    if (isPaused)
      this.#tell('Normal', 'QueuePaused', `queue ${queue} is paused in Buildkite: nothing of it is started until it is resumed`);
    else this.#tell('Normal', 'QueueResumed', `queue ${queue} is resumed`);
  }

  /** Jobs of this queue cannot be taken; the same cause is told once. */
  failed(code: string, why: string): void {
    if (this.#obstacle === code) return;
    this.#obstacle = code;
    this.#tell('Warning', 'QueueUnavailable', `queue ${this.#options.queue}: no jobs can be taken at the moment: ${why}`);
  }

  worked(): void {
    if (this.#obstacle !== undefined) this.#options.logger.info('the queue can be read again');
    this.#obstacle = undefined;
  }

  #tell(type: 'Normal' | 'Warning', reason: string, note: string): void {
    const { logger, events, regarding } = this.#options;
    if (type === 'Warning') logger.warn({ reason, note }, 'news of a queue');
    else logger.info({ reason, note }, 'news of a queue');
    const object = regarding();
    if (object !== undefined) events.record(builtin.configMaps, object, { type, reason, note, action: 'WatchQueue' });
  }
}
