import { randomUUID } from 'node:crypto';

/** Every break of protocol that the referee tells apart, with its meaning. */
export const breachKinds = {
  'acquired-twice-attempt': 'an agent asked for a job that another agent has or had; it was refused, so no job ever runs twice here',
  'finished-twice':
    'a job that has ended was finished again, with another result; by a stack, also with the same one if the first call was answered',
  'started-without-acquire': 'an agent started a job with its own token, so without having acquired it',
  'started-twice': 'a running job was started again, at another time',
  'finished-without-start': 'a job was finished that had never been started',
  'log-gap': 'a job was finished although bytes of its log are missing',
  'log-overlap': 'a log chunk covers bytes that another chunk has brought, or uses its sequence number for other bytes',
  'log-before-start': 'log bytes came for a job that had not been started',
  'log-after-finish': 'log bytes came for a job that had ended',
  'log-malformed': 'a log chunk is not what its query says, or is too large',
  'heartbeat-after-disconnect': 'an agent beat after it had disconnected',
  'agent-call-after-disconnect': 'an agent called after it had disconnected',
  'agent-vanished': 'an agent fell silent without disconnecting',
  'disconnected-with-job': 'an agent disconnected while it held a job that had not ended',
  'unknown-token': 'a call carried no token, or one that was never given out',
  'wrong-token': 'a call carried a token of the wrong kind',
  'another-jobs-token': "a call carried another job's token",
  'call-after-finish': 'a job token was used to change something after the job had ended',
  'artifact-never-finished': 'a job ended before an artifact of it was uploaded and declared finished',
  'artifact-mismatch': 'the bytes of an artifact are not those that were announced',
  'run-while-paused':
    'a stack reserved a job after it had been told that the queue is paused, or let one be acquired long after that (setting pausedQueueGraceMs)',
  'acquired-without-reservation':
    'an agent acquired a job whose reservation had run out, or a job that was never reserved of a queue that a stack serves',
  'two-stacks-on-one-job': 'a stack finished, notified of, or tried repeatedly to reserve a job that another stack has reserved',
  'finished-while-agent-owns': 'a stack finished a job that an agent has, without having asked for its state or against what it was told',
  'notification-limit': 'a notification was refused: too many of its job, too long, empty, in the future, before the job, or after its end',
  'unknown-route': 'a call to a path that the API does not have',
  'malformed-body': 'a body or query that the API does not understand',
} as const;

export type BreachKind = keyof typeof breachKinds;

/** The call that broke the protocol. */
export interface BreachRequest {
  readonly method: string;
  readonly url: string;
  readonly operation?: string | undefined;
}

export interface RefereeEntry {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: BreachKind;
  readonly jobId?: string | undefined;
  readonly agentId?: string | undefined;
  readonly request?: BreachRequest | undefined;
  readonly explanation: string;
}

export type Breach = Omit<RefereeEntry, 'id' | 'at'>;

/** Remembers every break of protocol, up to a limit; beyond it, only counts. */
export class Referee {
  readonly #now: () => number;
  readonly #limit: () => number;
  #entries: RefereeEntry[] = [];
  #dropped = 0;

  constructor(now: () => number, limit: () => number) {
    this.#now = now;
    this.#limit = limit;
  }

  note(breach: Breach): void {
    if (this.#entries.length >= this.#limit()) this.#dropped += 1;
    else this.#entries.push({ id: randomUUID(), at: this.#now(), ...breach });
  }

  /** In the order in which they happened. */
  get entries(): readonly RefereeEntry[] {
    return this.#entries;
  }

  /** Entries that were not kept, because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  clear(): void {
    this.#entries = [];
    this.#dropped = 0;
  }
}
