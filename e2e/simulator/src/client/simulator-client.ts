import type {
  AgentView,
  AnnotationView,
  ArtifactView,
  BuildView,
  ClusterView,
  CreateBuildRequest,
  JobDetail,
  JobView,
  RefereeReport,
  SimulatorInfo,
} from '../control-api/contract.ts';
import type { NotificationView, QueueView, ReservationView, StackView } from '../control-api/stack-contract.ts';
import type { Fault, FaultRequest } from '../domain/faults.ts';
import type { JobState } from '../domain/job-state.ts';
import type { BuildState } from '../domain/records.ts';
import type { RefereeEntry } from '../domain/referee.ts';
import type { Settings, SettingsPatch } from '../domain/settings.ts';
import { SimulatorRequestError, WaitTimeout } from './client-errors.ts';
import { type LogOptions, readPieces } from './log-reader.ts';

const defaultTimeoutMs = 180_000;
const longestPollMs = 30_000;

/** `ended` stands for every state in which nothing more happens. */
export type WaitState = JobState | 'ended';

/** Client of the control API. Every method throws a SimulatorRequestError for an answer other than 2xx. */
export class SimulatorClient {
  readonly #base: string;

  /** @param origin of the simulator, e.g. `http://127.0.0.1:41234` */
  constructor(origin: string) {
    this.#base = `${origin.replace(/\/+$/, '')}/control`;
  }

  info(): Promise<SimulatorInfo> {
    return this.#json('GET', 'info');
  }

  createCluster(name: string, token?: string): Promise<ClusterView> {
    return this.#json('POST', 'clusters', { name, token });
  }

  createBuild(request: CreateBuildRequest): Promise<BuildView> {
    return this.#json('POST', 'builds', request);
  }

  /** Makes a build of one command step and returns its job. */
  async createJob(command: string, request: Omit<CreateBuildRequest, 'yaml'> & { step?: Record<string, unknown> } = {}): Promise<JobView> {
    const { step, ...rest } = request;
    const build = await this.createBuild({ ...rest, yaml: JSON.stringify({ steps: [{ command, ...step }] }) });
    const [job] = build.jobs;
    if (job === undefined) throw new Error('the step made no job');
    return job;
  }

  builds(): Promise<BuildView[]> {
    return this.#json('GET', 'builds');
  }

  build(id: string): Promise<BuildView> {
    return this.#json('GET', `builds/${encodeURIComponent(id)}`);
  }

  cancelBuild(id: string): Promise<BuildView> {
    return this.#json('POST', `builds/${id}/cancel`);
  }

  annotations(buildId: string): Promise<AnnotationView[]> {
    return this.#json('GET', `builds/${buildId}/annotations`);
  }

  artifacts(buildId: string): Promise<ArtifactView[]> {
    return this.#json('GET', `builds/${buildId}/artifacts`);
  }

  async artifactBytes(artifactId: string): Promise<Buffer> {
    return this.#bytes(`artifacts/${artifactId}/bytes`);
  }

  jobs(): Promise<JobView[]> {
    return this.#json('GET', 'jobs');
  }

  job(id: string): Promise<JobDetail> {
    return this.#json('GET', `jobs/${id}`);
  }

  cancelJob(id: string): Promise<JobView> {
    return this.#json('POST', `jobs/${id}/cancel`);
  }

  retryJob(id: string): Promise<JobView> {
    return this.#json('POST', `jobs/${id}/retry`);
  }

  unblockJob(id: string, fields: Record<string, string> = {}): Promise<JobView> {
    return this.#json('POST', `jobs/${id}/unblock`, { fields });
  }

  /** The log as the agent sent it, up to the first gap; with `strip`, without the agent's time codes. */
  jobLog(id: string, options: LogOptions = {}): Promise<Buffer> {
    return this.#bytes(`jobs/${id}/log?strip=${options.strip ?? false}&from=${options.from ?? 0}`);
  }

  /** The log as it comes, until the job has ended or the signal is aborted. */
  async *followJobLog(id: string, options: LogOptions = {}, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    const query = `follow=true&strip=${options.strip ?? false}&from=${options.from ?? 0}`;
    yield* readPieces(await this.#fetch('GET', `jobs/${id}/log?${query}`, undefined, signal));
  }

  /** Waits until the job is in one of the states. Throws a WaitTimeout that says how the job stands. */
  waitForJob(id: string, states: WaitState | readonly WaitState[], timeoutMs = defaultTimeoutMs, signal?: AbortSignal): Promise<JobView> {
    return this.#wait<JobView>('job', id, [states].flat(), timeoutMs, signal);
  }

  /** Waits until the build is in one of the states. Throws a WaitTimeout that says how the build stands. */
  waitForBuild(
    id: string,
    states: BuildState | readonly BuildState[],
    timeoutMs = defaultTimeoutMs,
    signal?: AbortSignal,
  ): Promise<BuildView> {
    return this.#wait<BuildView>('build', id, [states].flat(), timeoutMs, signal);
  }

  /**
   * Waits until the log, without time codes, holds the text. Gives the time (milliseconds since the epoch) at which the
   * client saw it. Throws a WaitTimeout when the time is over or the job ends without it.
   */
  async waitForLog(id: string, text: string, timeoutMs = defaultTimeoutMs): Promise<{ readonly seenAt: number; readonly log: Buffer }> {
    const stop = AbortSignal.timeout(timeoutMs);
    let log = Buffer.alloc(0);
    try {
      for await (const piece of this.followJobLog(id, { strip: true }, stop)) {
        log = Buffer.concat([log, piece]);
        if (log.includes(text)) return { seenAt: Date.now(), log };
      }
    } catch (error) {
      if (!stop.aborted) throw error;
    }
    throw new WaitTimeout(
      `the log of job ${id} does not hold ${JSON.stringify(text)} ${stop.aborted ? `after ${timeoutMs} ms` : 'and the job has ended'}`,
      log,
    );
  }

  agents(): Promise<AgentView[]> {
    return this.#json('GET', 'agents');
  }

  settings(): Promise<Settings> {
    return this.#json('GET', 'settings');
  }

  changeSettings(patch: SettingsPatch): Promise<Settings> {
    return this.#json('PATCH', 'settings', patch);
  }

  async setSecret(key: string, value: string, cluster?: string): Promise<void> {
    await this.#fetch('PUT', `secrets/${encodeURIComponent(key)}`, { value, cluster });
  }

  async setRepositoryToken(repository: string, token: string): Promise<void> {
    await this.#fetch('PUT', 'repository-tokens', { repository, token });
  }

  /** Makes the queue if there is none. A stack can register only for a queue that there is. */
  createQueue(key: string, cluster?: string): Promise<QueueView> {
    return this.#json('PUT', `queues/${encodeURIComponent(key)}`, { cluster });
  }

  /** Pauses the queue; makes it if there is none. */
  pauseQueue(key: string, cluster?: string): Promise<QueueView> {
    return this.#json('PUT', `queues/${encodeURIComponent(key)}`, { cluster, dispatchPaused: true });
  }

  resumeQueue(key: string, cluster?: string): Promise<QueueView> {
    return this.#json('PUT', `queues/${encodeURIComponent(key)}`, { cluster, dispatchPaused: false });
  }

  /** Another registration token of the cluster, for agents or a stack. */
  async createToken(cluster?: string, token?: string): Promise<string> {
    return (await this.#json<{ readonly token: string }>('POST', 'tokens', { cluster, token })).token;
  }

  /** Ends a registration token: calls with it are answered 401, which the referee does not note. */
  async revokeToken(token: string): Promise<void> {
    await this.#fetch('DELETE', `tokens/${encodeURIComponent(token)}`);
  }

  stacks(): Promise<StackView[]> {
    return this.#json('GET', 'stacks');
  }

  /** Forgets a stack: its next call is answered 404 until it registers again. What it has reserved stays so until it expires. */
  async forgetStack(key: string): Promise<void> {
    await this.#fetch('DELETE', `stacks/${encodeURIComponent(key)}`);
  }

  /** The reservations in force, in the order of their jobs. */
  reservations(): Promise<ReservationView[]> {
    return this.#json('GET', 'reservations');
  }

  /** Lets the reservation of a job, or every one, run out now. */
  async expireReservations(jobId?: string): Promise<void> {
    await this.#fetch('DELETE', jobId === undefined ? 'reservations' : `reservations/${jobId}`);
  }

  /** What stacks have told of a job, or of all. */
  notifications(jobId?: string): Promise<NotificationView[]> {
    return this.#json('GET', `notifications${jobId === undefined ? '' : `?jobId=${jobId}`}`);
  }

  addFault(fault: FaultRequest): Promise<Fault> {
    return this.#json('POST', 'faults', fault);
  }

  faults(): Promise<Fault[]> {
    return this.#json('GET', 'faults');
  }

  async removeFault(id: string): Promise<void> {
    await this.#fetch('DELETE', `faults/${id}`);
  }

  async clearFaults(): Promise<void> {
    await this.#fetch('DELETE', 'faults');
  }

  async referee(): Promise<readonly RefereeEntry[]> {
    return (await this.refereeReport()).entries;
  }

  refereeReport(): Promise<RefereeReport> {
    return this.#json('GET', 'referee');
  }

  async clearReferee(): Promise<void> {
    await this.#fetch('DELETE', 'referee');
  }

  /** Forgets builds, agents, faults and referee entries; clusters, tokens, secrets and settings stay. */
  async reset(): Promise<void> {
    await this.#fetch('POST', 'reset');
  }

  /** Asks again and again, each time for as long as the server lets a call wait. */
  async #wait<View extends { readonly state: string }>(
    kind: 'job' | 'build',
    id: string,
    states: readonly string[],
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<View> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const left = Math.ceil(Math.max(0, Math.min(longestPollMs, deadline - Date.now())));
      const path = `${kind}s/${encodeURIComponent(id)}/wait?states=${states.join(',')}&timeoutMs=${left}`;
      const answer = await this.#json<{ readonly reached: boolean } & Record<typeof kind, View>>('GET', path, undefined, signal);
      const view = answer[kind];
      if (answer.reached) return view;
      if (Date.now() < deadline) continue;
      throw new WaitTimeout(`${kind} ${id} is ${view.state}, not ${states.join(' or ')}, after ${timeoutMs} ms`, view);
    }
  }

  async #json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const response = await this.#fetch(method, path, body, signal);
    return (await response.json()) as T;
  }

  async #bytes(path: string): Promise<Buffer> {
    const response = await this.#fetch('GET', path);
    return Buffer.from(await response.arrayBuffer());
  }

  async #fetch(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const response = await fetch(`${this.#base}/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) throw await SimulatorRequestError.from(response);
    return response;
  }
}
