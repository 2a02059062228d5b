import {
  type FinishOutcome,
  type FinishRequest,
  type JobState,
  type JobStates,
  type JobStatesRequest,
  jobStage,
  type NotificationsRequest,
  StacksApiError,
  type StacksClient,
} from '@buildkite-operator/stacks-api';

/** What becomes of the next call that changes something. */
export type CallFault = 'none' | 'down' | 'answer-lost' | 'refused';

/** One job as Buildkite has it, behind the calls that the reporting makes. It keeps its rules as the server does. */
export class FakeBuildkite implements Pick<StacksClient, 'getJobStates' | 'finishJob' | 'createNotifications'> {
  state: JobState | undefined = 'reserved';
  fault: CallFault = 'none';
  /** How often a stack has ended the job. */
  finishes = 0;
  /** How often it was tried though the last state told was not one of a job that is to be had. */
  blindFinishes = 0;
  readonly details: string[] = [];
  /** The lines on the job's page. */
  readonly lines: string[] = [];
  #told: JobState | undefined;

  async getJobStates({ jobIds }: JobStatesRequest): Promise<JobStates> {
    if (this.fault === 'down') throw failure('Unreachable');
    this.#told = this.state;
    const { state } = this;
    if (state === undefined) return { states: new Map(), missing: jobIds, failed: [] };
    return { states: new Map(jobIds.map(id => [id, state])), missing: [], failed: [] };
  }

  async finishJob({ detail, exitStatus }: FinishRequest): Promise<FinishOutcome> {
    if (jobStage(this.#told) !== 'claimable') this.blindFinishes += 1;
    if (this.fault === 'down') throw failure('ServerError');
    if (this.fault === 'refused') throw failure('Invalid');
    if (this.state === undefined) throw failure('NotFound');
    if (jobStage(this.state) !== 'claimable') return { outcome: 'notOurs', state: this.state };
    this.state = 'finished';
    this.finishes += 1;
    this.details.push(`${exitStatus} ${detail}`);
    if (this.fault === 'answer-lost') throw failure('UnknownOutcome');
    return { outcome: 'finished' };
  }

  async createNotifications({ notifications }: NotificationsRequest) {
    if (this.fault === 'down') throw failure('Unreachable');
    this.lines.push(...notifications.map(({ detail }) => detail));
    return { stored: notifications, refused: [], failed: [] };
  }
}

function failure(code: ConstructorParameters<typeof StacksApiError>[0]): StacksApiError {
  return new StacksApiError(code, `scripted: ${code}`, { endpoint: 'finish-job' });
}
