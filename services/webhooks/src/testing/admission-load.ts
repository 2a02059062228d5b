import { randomUUID } from 'node:crypto';
import { errorMessage } from '@buildkite-operator/service';
import { namespace, never, type WebhooksBed } from './webhooks-bed.ts';

/** Tries BuildJobs at the API server without storing them, one after another in several lanes, until it is stopped. */
export class AdmissionLoad {
  readonly failures: string[] = [];
  admitted = 0;
  #running = true;
  readonly #lanes: readonly Promise<void>[];

  constructor(bed: WebhooksBed, lanes = 4) {
    this.#lanes = Array.from({ length: lanes }, () => this.#lane(bed));
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#lanes);
  }

  async #lane(bed: WebhooksBed): Promise<void> {
    while (this.#running) {
      const jobId = randomUUID();
      const job = {
        metadata: { name: `bk-${jobId}`, namespace },
        spec: { buildkite: { jobId }, command: 'true', cancelled: false },
      };
      try {
        await bed.jobs.create(job as never, { dryRun: true, attempts: 1 }, never);
        this.admitted += 1;
      } catch (error) {
        this.failures.push(errorMessage(error));
      }
    }
  }
}
