import type { FaultRequest } from '@buildkite-operator/e2e-simulator';

type Trouble = Extract<FaultRequest['action'], { type: 'any-of' }>['actions'][number];

/** The share of Buildkite's answers that are bad. */
export const badShare = 0.2;

const withRetryAfter = { 'Retry-After': '1' };
const lost: Trouble = { type: 'lost-answer' };
const broken: readonly Trouble[] = [
  { type: 'status', status: 500 },
  { type: 'status', status: 503 },
  { type: 'status', status: 503, headers: withRetryAfter },
];
const limited: readonly Trouble[] = [
  { type: 'status', status: 429 },
  { type: 'status', status: 429, headers: withRetryAfter },
];
const anything = [...broken, ...limited, lost, lost];

/** What is spoiled for whom, and how. */
const spoiled: readonly { readonly routes: readonly string[]; readonly actions: readonly Trouble[] }[] = [
  {
    routes: [
      'stacks/register',
      'stacks/*/scheduled-jobs',
      'stacks/*/scheduled-jobs/batch-reserve',
      'stacks/*/jobs/*',
      'stacks/*/jobs/get-states',
      'stacks/*/jobs/*/finish',
      'stacks/*/notifications',
      'register',
      'connect',
      'heartbeat',
      'ping',
      'jobs/*',
      'jobs/*/acquire',
      'jobs/*/start',
      'jobs/*/finish',
      'jobs/*/data/*',
      'jobs/*/artifacts',
    ],
    actions: anything,
  },
  // buildkite-agent drops a piece of the log for good when it is answered 429 (v3.136, `uploadChunk`): its own matter.
  { routes: ['jobs/*/chunks'], actions: [...broken, lost] },
  // It says goodbye four times at most (v3.136): one in 600 would leave without a word that arrived.
  { routes: ['disconnect'], actions: [lost] },
];

/** Faults that spoil every fifth answer of Buildkite: by chance, the same in the order of calls for the same seed. */
export function buildkiteFaults(seed: number): readonly FaultRequest[] {
  return spoiled
    .flatMap(({ routes, actions }) => routes.map(route => ({ route, actions })))
    .map(({ route, actions }, index) => ({
      match: { route },
      action: { type: 'any-of', actions: [...actions] },
      probability: badShare,
      seed: seed + index,
    }));
}
