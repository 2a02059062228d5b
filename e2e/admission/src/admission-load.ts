import type { BuildJob } from '@buildkite-operator/crds';
import type { TestbedSession } from '@buildkite-operator/e2e-testbed';
import type { ResourceClient } from '@buildkite-operator/kube';
import { errorMessage, sleep } from '@buildkite-operator/service';
import { job } from './corpus/corpus-object.ts';

/** What became of a stream of admissions. */
export interface LoadReport {
  readonly sent: number;
  readonly seconds: number;
  /** What the client got instead of its job. */
  readonly failures: readonly string[];
  /** How long each answer took, in milliseconds. */
  readonly latencies: readonly number[];
}

export interface LoadOptions {
  /** Admissions begun in a second, whatever becomes of those before. */
  readonly perSecond: number;
  /** How often a call is sent at most: 1 shows every raw failure, unset is what the operator's own clients do. */
  readonly attempts?: number;
  /** What every job says beside its command. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** A steady stream of BuildJobs that are tried (`dryRun`), so that each passes admission and nothing runs. */
export class AdmissionLoad {
  readonly #jobs: ResourceClient<BuildJob>;
  readonly #namespace: string;
  readonly #options: LoadOptions;
  readonly #failures: string[] = [];
  readonly #latencies: number[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #beganAt = performance.now();
  readonly #running: Promise<void>;
  #sent = 0;

  constructor({ jobs, info }: TestbedSession, options: LoadOptions) {
    this.#jobs = jobs;
    this.#namespace = info.namespace;
    this.#options = options;
    this.#running = this.#run();
  }

  /** Begins no more, and waits for what is under way. */
  async stop(): Promise<LoadReport> {
    this.#stop.abort();
    await this.#running;
    const seconds = (performance.now() - this.#beganAt) / 1000;
    await Promise.all(this.#underWay);
    return { sent: this.#sent, seconds, failures: this.#failures, latencies: this.#latencies };
  }

  async #run(): Promise<void> {
    const everyMs = 1000 / this.#options.perSecond;
    while (!this.#stop.signal.aborted) {
      this.#begin();
      const next = this.#beganAt + this.#sent * everyMs;
      await sleep(Math.max(next - performance.now(), 0), this.#stop.signal).catch(() => undefined);
    }
  }

  #begin(): void {
    this.#sent += 1;
    const number = this.#sent;
    const began = performance.now();
    const one = this.#admit(number).then(
      () => void this.#latencies.push(performance.now() - began),
      (error: unknown) => void this.#failures.push(`number ${number}: ${errorMessage(error)}`),
    );
    this.#underWay.add(one);
    void one.then(() => this.#underWay.delete(one));
  }

  async #admit(number: number): Promise<void> {
    const { attempts, spec } = this.#options;
    const sent = job(spec, `admission-load-${number}`);
    await this.#jobs.create(
      { ...sent, metadata: { ...sent.metadata, namespace: this.#namespace } } as BuildJob,
      { dryRun: true, ...(attempts !== undefined && { attempts }) },
      new AbortController().signal,
    );
  }
}
