/** How one job of a step may have ended, as Buildkite tells it, and how often its command may have run. */
export interface Ending {
  readonly state: 'finished' | 'canceled';
  readonly passed?: boolean;
  readonly exitStatus?: number;
  readonly softFailed?: boolean;
  /** Who said so. */
  readonly endedBy: 'agent' | 'stack' | 'cancel';
  readonly runs: readonly number[];
  /** What the stack must have said. */
  readonly detail?: RegExp;
}

/** What steps are made with. */
export interface StepPlace {
  readonly image: string;
  /** Where each run of a command reports itself; the job's id is to follow. */
  readonly ledgerUrl: string;
}

/** What kinds of jobs there are, how many of a hundred steps, and what must come of each. */
export interface JobKind {
  readonly perHundred: number;
  /** What the command does after it has left its marks. */
  readonly work?: string;
  /** Further keys of the step. */
  readonly step?: Readonly<Record<string, unknown>>;
  /** Further settings of the BuildJob. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** For each job of the step, the first and its retries, every ending that is right. */
  readonly endings: readonly (readonly Ending[])[];
  /** Whether a person cancels it at a moment of its own. */
  readonly isCancelled?: true;
}

const passes: Ending = { state: 'finished', passed: true, exitStatus: 0, endedBy: 'agent', runs: [1] };
const fails = (exitStatus: number): Ending => ({ ...passes, passed: false, exitStatus });
const neverStarts = (detail: RegExp): Ending => ({ state: 'finished', passed: false, endedBy: 'stack', runs: [0], detail });

/** Longer than a variable of a process may be, in which Buildkite's old BUILDKITE_SCRIPT_PATH brings the command along. */
const padding = `: ${'long '.repeat(60_000)}`;

export const jobKinds = {
  plain: { perHundred: 48, endings: [[passes]] },
  failing: { perHundred: 8, work: 'exit 3', endings: [[fails(3)]] },
  softFailing: { perHundred: 2, work: 'exit 4', step: { soft_fail: true }, endings: [[{ ...fails(4), softFailed: true }]] },
  artifact: {
    perHundred: 8,
    work: 'echo $BUILDKITE_JOB_ID >ran-$BUILDKITE_JOB_ID.txt',
    step: { artifact_paths: 'ran-*.txt' },
    endings: [[passes]],
  },
  metaData: { perHundred: 6, work: 'buildkite-agent meta-data set ran-$BUILDKITE_JOB_ID yes', endings: [[passes]] },
  retried: {
    perHundred: 6,
    work: 'test "$BUILDKITE_RETRY_COUNT" = 1 || exit 7',
    step: { retry: { automatic: [{ exit_status: 7, limit: 1 }] } },
    endings: [[fails(7)], [passes]],
  },
  cancelled: {
    perHundred: 14,
    work: 'sleep 8',
    isCancelled: true,
    endings: [
      [
        { state: 'canceled', endedBy: 'cancel', runs: [0] },
        { state: 'canceled', endedBy: 'agent', runs: [0, 1] },
        // The cancellation came too late.
        passes,
      ],
    ],
  },
  longCommand: { perHundred: 1, work: padding, endings: [[passes]] },
  unschedulable: {
    perHundred: 2,
    settings: { nodeSelector: { 'buildkite-operator.io/no-such-node': 'true' } },
    endings: [[neverStarts(/node/i)]],
  },
  missingImage: { perHundred: 2, settings: { image: 'registry.invalid/no-such-image:1' }, endings: [[neverStarts(/image/i)]] },
  unknownKey: { perHundred: 3, settings: { imege: 'typo' }, endings: [[neverStarts(/imege/)]] },
} as const satisfies Record<string, JobKind>;

export type JobKindName = keyof typeof jobKinds;

export const jobKindNames = Object.keys(jobKinds) as JobKindName[];

/** The step of a pipeline, as its author would write it. */
export function stepOf(key: string, kindName: JobKindName, seconds: number, { image, ledgerUrl }: StepPlace): Record<string, unknown> {
  const kind: JobKind = jobKinds[kindName];
  const marks = [`wget -q -O /dev/null ${ledgerUrl}/$BUILDKITE_JOB_ID`, `echo ra"n" $BUILDKITE_JOB_ID`];
  const command = [...marks, `sleep ${seconds}`, ...(kind.work === undefined ? [] : [kind.work])].join('\n');
  return {
    key,
    label: `${kindName} ${key}`,
    command,
    plugins: [{ 'buildkite-operator': { image, checkout: { skip: true }, ...kind.settings } }],
    ...kind.step,
  };
}
