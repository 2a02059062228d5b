import type { BuildJobSpec } from '@buildkite-operator/crds';
import type { JobDetail, JobView } from '@buildkite-operator/e2e-simulator';
import { type CurrentTestbed, useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import type { Live, Pod } from '@buildkite-operator/kube';
import { inject } from 'vitest';
import { useQueue } from '../use-queue.ts';
import type { GoodCase, Step, World } from './cases/good-case.ts';
import './global-setup.ts';

/** What was seen of a step's job once it has ended. */
export interface EndedStep {
  /** As Buildkite has it. */
  readonly job: JobDetail;
  /** Without the agent's time codes. */
  readonly log: string;
  /** What the operator told on its page while it waited or ran. */
  readonly notices: readonly string[];
  /** The spec of its BuildJob; none where none was made. */
  readonly buildJob: BuildJobSpec | undefined;
  /** The last that was seen of its pod; none where it had none. */
  readonly pod: Live<Pod> | undefined;
}

/** Long, for many jobs wait for few places, on a machine that may be busy. */
const endTimeoutMs = 400_000;

/** Steps of pipelines, which nobody but the operator makes anything of; one for a test file, at its top. */
export class StepsUnderTest {
  readonly testbed: CurrentTestbed = useTestbed();
  readonly #queue = useQueue(this.testbed, 'kubernetes-plugin');

  get world(): World {
    return inject('kubernetesPlugin');
  }

  /** The end of a step's job. `meanwhile` has it while it is there. */
  async run({ command, repository, plugins = [], ...step }: Step, meanwhile?: GoodCase['meanwhile']): Promise<EndedStep> {
    const checkout = repository === undefined ? {} : { repository, branch: 'main', commit: this.world.repository.commit };
    const job = await this.#queue.job(command, { plugins, ...step }, checkout);
    await meanwhile?.(this.testbed, job, this.world);
    return this.#end(job);
  }

  async #end({ id }: JobView): Promise<EndedStep> {
    const { simulator, podWatch, watch } = this.testbed.session;
    await simulator.waitForJob(id, 'ended', endTimeoutMs);
    const [job, log, notifications] = await Promise.all([simulator.job(id), this.testbed.log(id), simulator.notifications(id)]);
    const isOver = ({ status }: Pod) => status?.phase === 'Succeeded' || status?.phase === 'Failed';
    const had = podWatch.ofJob(id).at(-1)?.last;
    return {
      job,
      log: log.toString().replaceAll('\r\n', '\n'),
      notices: notifications.map(({ detail }) => detail),
      buildJob: watch.records().find(({ last }) => last.spec.buildkite.jobId === id)?.last.spec,
      // Of a job that the agent ended, the pod ends a moment later.
      pod: had !== undefined && job.endedBy === undefined ? await podWatch.waitFor(id, 'over', isOver) : had,
    };
  }
}
