import type { BuildJob, Phase, Reason } from '@buildkite-operator/crds';
import type { JobView, RefereeEntry } from '@buildkite-operator/e2e-simulator';
import type { CurrentTestbed, outcome } from '@buildkite-operator/e2e-testbed/vitest';
import type { Live } from '@buildkite-operator/kube';

/** What is to be seen of a job that ends in one of the ways there are. */
export interface ExpectedEnding {
  readonly phase: Phase;
  readonly reason: Reason;
  /** The exit code in the status; none where it is left out. */
  readonly exitCode?: number;
  /** What the message must say: what it is about, and what a person should do. */
  readonly says: readonly string[];
  /** What Buildkite has of the job in the end. */
  readonly buildkite: Partial<ReturnType<typeof outcome>>;
  /** How many pods the job had; one where it is left out. */
  readonly pods?: number;
  /** What the referee is to note about it, because the cause breaks the protocol by its nature. */
  readonly breaches?: readonly RefereeEntry['kind'][];
}

/** Tells that the job has met its cause; resolves when its end was seen and is as expected. `says` is what is only known now. */
export type Ends = (job: JobView, buildJob: Live<BuildJob>, says?: readonly string[]) => Promise<void>;

/** One real cause of a job's end. */
export interface EndingCase extends ExpectedEnding {
  /** Goes on from "when". */
  readonly cause: string;
  /** Whether it takes minutes by its nature. */
  readonly takesMinutes?: boolean;
  /** Brings it about, and calls `ends` while all that belongs to the cause is still there. */
  readonly produce: (testbed: CurrentTestbed, ends: Ends) => Promise<void>;
}

/** How Buildkite has a job whose agent ended it: because its pod was ended, the command, or a cancellation. */
export const stoppedByAgent = { state: 'finished', passed: false, signalReason: 'agent_stop', endedBy: 'agent' } as const;
export const canceledByAgent = { state: 'canceled', signalReason: 'cancel', endedBy: 'agent' } as const;
export const endedByCommand = (exitStatus: number) =>
  ({ state: 'finished', passed: exitStatus === 0, exitStatus, endedBy: 'agent' }) as const;

/** How Buildkite has a job that no agent has asked for: it still waits. */
export const untouched = { state: 'scheduled' } as const;

/** How Buildkite has a job whose agent fell silent. */
export const agentVanished = { state: 'finished', passed: false, exitStatus: -1, endedBy: 'agent-lost' } as const;
