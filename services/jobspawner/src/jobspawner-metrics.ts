import { Counter, Gauge, Histogram, metricPrefix, type Registry } from '@buildkite-operator/service';

const prefix = `${metricPrefix}jobspawner_`;

/** What became of a job that was taken on. */
export type TakeResult = 'created' | 'existed' | 'refused' | 'gone';

/** The figures of taking jobs. */
export class JobSpawnerMetrics {
  readonly registered: Gauge<'queue'>;
  readonly paused: Gauge<'queue'>;
  readonly waiting: Gauge<'queue' | 'match'>;
  readonly placesInUse: Gauge<'queue'>;
  readonly polls: Counter<'queue' | 'result'>;
  readonly pollDuration: Histogram<'queue'>;
  readonly jobs: Counter<'queue' | 'result'>;
  readonly tries: Counter<'queue'>;
  readonly reservations: Counter<'queue' | 'result'>;

  constructor(registry: Registry) {
    const registers = [registry];
    const gauge = <L extends string>(name: string, help: string, labelNames: L[]) =>
      new Gauge({ name: `${prefix}${name}`, help, labelNames, registers });
    const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
      new Counter({ name: `${prefix}${name}`, help, labelNames, registers });
    this.registered = gauge('stack_registered', '1 while the stack of the queue is registered in Buildkite.', ['queue']);
    this.paused = gauge('queue_paused', '1 while the queue is paused in Buildkite.', ['queue']);
    this.waiting = gauge('jobs_waiting', 'Jobs that wait in the queue: ours, or foreign where a tag of theirs is not carried here.', [
      'queue',
      'match',
    ]);
    this.placesInUse = gauge('places_in_use', 'BuildJobs from queues that are not finished, and jobs about to become one.', ['queue']);
    this.polls = counter('polls_total', 'Looks at a queue: ok, paused, or the error code.', ['queue', 'result']);
    this.pollDuration = new Histogram({
      name: `${prefix}poll_duration_seconds`,
      help: 'Time to read the list of a queue, all its pages.',
      labelNames: ['queue'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
    this.jobs = counter(
      'jobs_total',
      'Jobs that were taken on, by what became of them: created, existed (its BuildJob was there), refused (finished with a message), gone (Buildkite has it no more).',
      ['queue', 'result'],
    );
    this.tries = counter('job_retries_total', 'Jobs that could not become a BuildJob at the first try, each further try.', ['queue']);
    this.reservations = counter('reservations_total', 'Jobs to be reserved: reserved, extended, refused, or failed.', ['queue', 'result']);
  }
}
