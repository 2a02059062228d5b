import { type BuildJob, isFinal, type Phase, phases } from '@buildkite-operator/crds';
import type { Live, StoreReader } from '@buildkite-operator/kube';
import { Counter, Gauge, Histogram, metricPrefix, type Registry } from '@buildkite-operator/service';
import { hasReplacedPod } from './announce.ts';

const durationBuckets = [0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 21_600];

/** The figures of the BuildJob controller. */
export class BuildJobMetrics {
  readonly #finished: Counter<'phase' | 'reason'>;
  readonly #podsCreated: Counter;
  readonly #podsReplaced: Counter<'reason'>;
  readonly #startSeconds: Histogram;
  readonly #runSeconds: Histogram<'phase'>;

  constructor(registry: Registry, store: Pick<StoreReader<BuildJob>, 'values'>) {
    const registers = [registry];
    const gauge = new Gauge({
      name: `${metricPrefix}buildjobs`,
      help: 'BuildJobs that exist, by phase.',
      labelNames: ['phase'],
      registers,
      collect: () => {
        const counts = new Map<Phase, number>(phases.map(phase => [phase, 0]));
        for (const job of store.values()) {
          const phase = job.status?.phase ?? 'Pending';
          counts.set(phase, (counts.get(phase) ?? 0) + 1);
        }
        for (const [phase, count] of counts) gauge.set({ phase }, count);
      },
    });
    this.#finished = new Counter({
      name: `${metricPrefix}buildjobs_finished_total`,
      help: 'BuildJobs that ended, by phase and reason.',
      labelNames: ['phase', 'reason'],
      registers,
    });
    this.#podsCreated = new Counter({ name: `${metricPrefix}buildjob_pods_created_total`, help: 'Pods made for BuildJobs.', registers });
    this.#podsReplaced = new Counter({
      name: `${metricPrefix}buildjob_pods_replaced_total`,
      help: 'Pods of BuildJobs given up for another one before the job had begun, by what happened to them.',
      labelNames: ['reason'],
      registers,
    });
    this.#startSeconds = new Histogram({
      name: `${metricPrefix}buildjob_start_seconds`,
      help: 'From the making of a BuildJob until its containers have started.',
      buckets: durationBuckets,
      registers,
    });
    this.#runSeconds = new Histogram({
      name: `${metricPrefix}buildjob_run_seconds`,
      help: 'From the start of the containers of a BuildJob to its end, by final phase.',
      labelNames: ['phase'],
      buckets: durationBuckets,
      registers,
    });
  }

  podCreated(): void {
    this.#podsCreated.inc();
  }

  /** Counts what a job has just reached; it may have started and ended since it was last seen. */
  progressed(before: Live<BuildJob>, job: Live<BuildJob>): void {
    const { phase, reason = '', runningTime, finishedTime } = job.status ?? {};
    if (phase === undefined) return;
    if (hasReplacedPod(before.status, job.status)) this.#podsReplaced.inc({ reason });
    const running = Date.parse(runningTime ?? '');
    if (before.status?.runningTime === undefined && runningTime !== undefined)
      this.#startSeconds.observe((running - Date.parse(job.metadata.creationTimestamp)) / 1000);
    if (!isFinal(phase) || isFinal(before.status?.phase)) return;
    this.#finished.inc({ phase, reason });
    const finished = Date.parse(finishedTime ?? '');
    if (finished >= running) this.#runSeconds.observe({ phase }, (finished - running) / 1000);
  }
}
