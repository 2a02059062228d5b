import type { BuildJob } from '@buildkite-operator/crds';
import { Counter, Gauge, metricPrefix, type Registry } from '@buildkite-operator/service';
import type { ReleaseCause } from './ending-step.ts';
import { endedAtMs, hasEnded, isReported } from './reported-job.ts';

const prefix = `${metricPrefix}jobspawner_`;

/** The figures of what Buildkite is told, and of what it tells about jobs. */
export class ReportingMetrics {
  readonly #finished: Counter<'reason'>;
  readonly #released: Counter<'because'>;
  readonly #stopped: Counter<'state'>;
  readonly #notices: Counter<'result'>;
  readonly #polls: Counter<'result'>;

  constructor(registry: Registry, store: { values(): Iterable<BuildJob> }, nowMs: () => number = Date.now) {
    const registers = [registry];
    this.#finished = new Counter({
      name: `${prefix}jobs_finished_total`,
      help: 'Jobs finished in Buildkite because their BuildJob ended before an agent had them, by its reason.',
      labelNames: ['reason'],
      registers,
    });
    this.#released = new Counter({
      name: `${prefix}buildjobs_released_total`,
      help: 'BuildJobs let go without finishing their job: an agent has it, it is over, or no answer made sense (given-up).',
      labelNames: ['because'],
      registers,
    });
    this.#stopped = new Counter({
      name: `${prefix}buildjobs_stopped_total`,
      help: 'BuildJobs stopped before their agent started, by the state of their job in Buildkite.',
      labelNames: ['state'],
      registers,
    });
    this.#notices = new Counter({
      name: `${prefix}notifications_total`,
      help: 'Lines for the pages of jobs: stored or refused by Buildkite, or dropped because they could not be sent.',
      labelNames: ['result'],
      registers,
    });
    this.#polls = new Counter({
      name: `${prefix}state_polls_total`,
      help: 'Requests for the states of jobs whose agents have not started, by whether they were answered.',
      labelNames: ['result'],
      registers,
    });
    const waiting = () => [...store.values()].filter(job => isReported(job) && hasEnded(job));
    const unreported: Gauge = new Gauge({
      name: `${prefix}unreported_buildjobs`,
      help: 'BuildJobs that have ended and of whose end Buildkite has not heard yet.',
      registers,
      collect: () => unreported.set(waiting().length),
    });
    const oldest: Gauge = new Gauge({
      name: `${prefix}unreported_buildjobs_oldest_seconds`,
      help: 'How long ago the oldest of them ended; 0 when there is none.',
      registers,
      collect: () => {
        const now = nowMs();
        oldest.set(Math.max(0, ...waiting().map(job => (now - (endedAtMs(job) ?? now)) / 1000)));
      },
    });
  }

  finished(reason: string): void {
    this.#finished.inc({ reason });
  }

  released(because: ReleaseCause): void {
    this.#released.inc({ because });
  }

  stopped(state: string): void {
    this.#stopped.inc({ state });
  }

  notices(result: 'stored' | 'refused' | 'dropped', count: number): void {
    if (count > 0) this.#notices.inc({ result }, count);
  }

  polled(result: 'answered' | 'failed'): void {
    this.#polls.inc({ result });
  }
}
