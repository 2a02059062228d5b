import { type BuildJob, isFinal, reportEndingFinalizer } from '@buildkite-operator/crds';
import { done, isKubeError, type Live, objectKey, type ReconcileResult, requeueAfter } from '@buildkite-operator/kube';
import { isStacksApiError, type StacksApiErrorCode, type StacksClient } from '@buildkite-operator/stacks-api';
import { type EndingStep, endingStep, type ReleaseCause, stuckStep } from './ending-step.ts';
import { endedAtMs, hasEnded, isReported, queueOf } from './reported-job.ts';
import { fieldManager, type ReportingDependencies } from './reporting-dependencies.ts';
import type { StateDesk } from './state-desk.ts';
import { type Notice, noticesDue } from './waiting-notices.ts';

/** Answers that say no to this very finish, while the job seems to be there to be finished. */
const refusals: readonly StacksApiErrorCode[] = ['BadRequest', 'Invalid', 'Conflict', 'Refused', 'NotFound'];

const finishDeadlineMs = 30_000;

/** How often is looked whether a line has gone out, and for how long after its end a BuildJob is kept for it. */
const noticeRetryMs = 500;
const longestNoticeWaitMs = 15_000;

/**
 * Tells Buildkite what is to be told of one BuildJob: why it waits, or how it ended; then lets it go. Safe to repeat at any point: the
 * job's state is asked for first, so an end that was told before the process was killed is seen to be over.
 */
export class JobReporter {
  readonly #deps: ReportingDependencies;
  readonly #desk: StateDesk;
  /** Since when Buildkite's answers about a BuildJob's job lead nowhere, by its key. */
  readonly #stuckSince = new Map<string, number>();

  constructor(deps: ReportingDependencies, desk: StateDesk) {
    this.#deps = deps;
    this.#desk = desk;
  }

  async reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const job = this.#deps.jobs.store.get(key);
    if (job === undefined || !isReported(job)) {
      this.#stuckSince.delete(key);
      return done();
    }
    return hasEnded(job) ? this.#reportEnding(job, signal) : this.#reportWaiting(job);
  }

  #reportWaiting(job: Live<BuildJob>): ReconcileResult {
    const { notices, waitMs } = noticesDue(job, this.#deps.clock.now());
    for (const { topic, text } of notices) this.#tell(job, topic, text);
    return waitMs === undefined ? done() : requeueAfter(waitMs);
  }

  async #reportEnding(job: Live<BuildJob>, signal: AbortSignal): Promise<ReconcileResult> {
    const client = this.#deps.stacksOf(queueOf(job));
    // Nobody can be told any more, unless the queue comes back.
    if (client === undefined) return this.#take(stuckStep(this.#stuckMs(job)), job, undefined, signal);
    const step = await this.#endingStep(job, client);
    signal.throwIfAborted();
    return this.#take(step, job, client, signal);
  }

  async #endingStep(job: Live<BuildJob>, client: StacksClient): Promise<EndingStep> {
    const stuckMs = this.#stuckMs(job);
    try {
      const state = await this.#desk.ask(client, job.spec.buildkite.jobId);
      return endingStep({ job, state, hasRival: this.#hasRival(job), stuckMs, nowMs: this.#deps.clock.now() });
    } catch (thrown) {
      // The stack is not known: it is registered again, unless its queue is not served any more.
      if (isStacksApiError(thrown, 'NotFound')) return stuckStep(stuckMs);
      throw thrown;
    }
  }

  async #take(step: EndingStep, job: Live<BuildJob>, client: StacksClient | undefined, signal: AbortSignal): Promise<ReconcileResult> {
    this.#deps.notices.withdraw(job.spec.buildkite.jobId, step.kind === 'release' ? step.notice?.topic : undefined);
    switch (step.kind) {
      case 'none':
        return done();
      case 'ask-again':
        if (step.stuck && !this.#stuckSince.has(objectKey(job))) this.#stuckSince.set(objectKey(job), this.#deps.clock.now());
        return requeueAfter(step.afterMs);
      case 'release':
        if (this.#isTelling(job, step.notice)) return requeueAfter(noticeRetryMs);
        await this.#release(job, step.because, signal);
        return done();
      case 'finish':
        if (client === undefined) return done();
        return this.#finish(job, step, client, signal);
    }
  }

  async #finish(
    job: Live<BuildJob>,
    { exitStatus, detail }: Extract<EndingStep, { kind: 'finish' }>,
    client: StacksClient,
    signal: AbortSignal,
  ): Promise<ReconcileResult> {
    const { jobId } = job.spec.buildkite;
    try {
      const { outcome } = await client.finishJob({ jobId, exitStatus, detail, deadlineMs: finishDeadlineMs }, signal);
      const reason = isFinal(job.status?.phase) ? (job.status?.reason ?? '') : 'Deleted';
      this.#deps.logger.info({ jobId, buildJob: job.metadata.name, reason, exitStatus, outcome }, 'told Buildkite how a job ended');
      if (outcome === 'finished') this.#deps.metrics.finished(reason);
      await this.#release(job, outcome === 'finished' ? undefined : 'over', signal);
      return done();
    } catch (thrown) {
      if (!isStacksApiError(thrown, ...refusals)) throw thrown;
      this.#deps.logger.warn({ error: thrown, jobId, buildJob: job.metadata.name }, 'Buildkite refuses to finish a job');
      return this.#take(stuckStep(this.#stuckMs(job)), job, client, signal);
    }
  }

  /** Takes the finalizer off; another version of the BuildJob than the one that was judged is judged again. */
  async #release(job: Live<BuildJob>, because: ReleaseCause | undefined, signal: AbortSignal): Promise<void> {
    const { name, namespace, uid, resourceVersion, finalizers = [] } = job.metadata;
    const patch = { metadata: { finalizers: finalizers.filter(finalizer => finalizer !== reportEndingFinalizer) } };
    try {
      await this.#deps.jobs.client.mergePatch(
        { name, namespace },
        patch,
        { preconditions: { uid, resourceVersion }, fieldManager },
        signal,
      );
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error;
    }
    if (because === undefined) return;
    this.#deps.metrics.released(because);
    const { jobId } = job.spec.buildkite;
    if (because === 'given-up') this.#deps.logger.error({ jobId, buildJob: name }, 'gave up telling Buildkite how a job ended');
  }

  #stuckMs(job: Live<BuildJob>): number {
    const since = this.#stuckSince.get(objectKey(job));
    return since === undefined ? 0 : this.#deps.clock.now() - since;
  }

  /** Another BuildJob for the same job, as one that a person made, may still run it. */
  #hasRival({ spec, metadata }: Live<BuildJob>): boolean {
    for (const other of this.#deps.jobs.store.values()) {
      if (other.metadata.uid !== metadata.uid && other.spec.buildkite.jobId === spec.buildkite.jobId && !hasEnded(other)) return true;
    }
    return false;
  }

  /** Tells what befell the job; true while the line has not gone out. Once the BuildJob is let go, no later leader would know of it. */
  #isTelling(job: BuildJob, notice: Notice | undefined): boolean {
    if (notice === undefined) return false;
    this.#tell(job, notice.topic, notice.text);
    const sinceMs = this.#deps.clock.now() - (endedAtMs(job) ?? 0);
    return sinceMs < longestNoticeWaitMs && this.#deps.notices.isPending(job.spec.buildkite.jobId, notice.topic);
  }

  #tell(job: BuildJob, topic: string, text: string): void {
    this.#deps.notices.tell(queueOf(job), job.spec.buildkite.jobId, topic, text);
  }
}
