import { randomUUID } from 'node:crypto';
import { z } from 'zod';

const matchSchema = z.object({
  method: z
    .string()
    .transform(text => text.toUpperCase())
    .optional()
    .describe('HTTP method; any if not given'),
  route: z
    .string()
    .min(1)
    .optional()
    .describe('path below /v3 (or /uploads, /downloads), e.g. jobs/*/chunks: * and :name stand for one segment, ** for any number'),
  jobId: z.string().optional().describe('only calls about this job'),
});

const headers = z.record(z.string(), z.string());

const singleActionSchema = z.discriminatedUnion('type', [
  z
    .object({
      type: z.literal('status'),
      status: z.int().min(100).max(599),
      headers: headers.default({}).describe('e.g. {"Retry-After": "2"}'),
      body: z.unknown().optional().describe('JSON; {"message": …} if not given'),
    })
    .describe('answer this instead of acting'),
  z.object({ type: z.literal('delay'), ms: z.number().positive().max(600_000) }).describe('wait, then act and answer'),
  z.object({ type: z.literal('drop') }).describe('cut the connection instead of acting'),
  z.object({ type: z.literal('lost-answer') }).describe('act, then cut the connection instead of answering'),
]);

export const faultActionSchema = z.discriminatedUnion('type', [
  ...singleActionSchema.options,
  z
    .object({ type: z.literal('any-of'), actions: z.array(singleActionSchema).min(1) })
    .describe('one of these at each hit, drawn with the seed; one named twice is drawn twice as often'),
]);

export const faultSchema = z.object({
  match: matchSchema.default({}),
  action: faultActionSchema,
  skip: z.int().nonnegative().default(0).describe('let this many matching calls pass first'),
  times: z.int().positive().optional().describe('hit at most this many calls; without it, all'),
  probability: z.number().min(0).max(1).default(1).describe('chance that a matching call is hit'),
  seed: z.int().default(1).describe('makes the chances the same in every run'),
});

export type FaultRequest = z.input<typeof faultSchema>;
export type FaultAction = z.output<typeof faultActionSchema>;
/** What becomes of one call. */
export type SingleFaultAction = z.output<typeof singleActionSchema>;

/** A fault that is in force, with what it has done. */
export interface Fault extends z.output<typeof faultSchema> {
  readonly id: string;
  /** Calls that matched. */
  matched: number;
  /** Calls that were hit. */
  hit: number;
}

/** A fault at one call. */
export interface FaultHit {
  readonly faultId: string;
  readonly action: SingleFaultAction;
}

/** A call, as faults look at it. */
export interface FaultTarget {
  readonly method: string;
  /** Path below the API's prefix, without a slash in front. */
  readonly path: string;
}

/** The faults that are to be injected, in the order in which they were added; the first that hits wins. */
export class FaultList {
  readonly #faults = new Map<string, { fault: Fault; random: () => number }>();

  add(request: z.output<typeof faultSchema>): Fault {
    const fault: Fault = { ...request, id: randomUUID(), matched: 0, hit: 0 };
    this.#faults.set(fault.id, { fault, random: seededRandom(fault.seed) });
    return fault;
  }

  get faults(): readonly Fault[] {
    return [...this.#faults.values()].map(({ fault }) => fault);
  }

  remove(id: string): boolean {
    return this.#faults.delete(id);
  }

  clear(): void {
    this.#faults.clear();
  }

  /** What hits this call, if anything. Counts. */
  take(target: FaultTarget): FaultHit | undefined {
    for (const { fault, random } of this.#faults.values()) {
      if (!matches(fault, target)) continue;
      fault.matched += 1;
      if (fault.matched <= fault.skip) continue;
      if (fault.times !== undefined && fault.hit >= fault.times) continue;
      if (random() >= fault.probability) continue;
      fault.hit += 1;
      return { faultId: fault.id, action: draw(fault.action, random) };
    }
    return undefined;
  }
}

function draw(action: FaultAction, random: () => number): SingleFaultAction {
  if (action.type !== 'any-of') return action;
  const { actions } = action;
  const drawn = actions[Math.floor(random() * actions.length)];
  if (drawn === undefined) throw new Error('a fault of any of no actions');
  return drawn;
}

function matches({ match }: Fault, { method, path }: FaultTarget): boolean {
  if (match.method !== undefined && match.method !== method) return false;
  if (match.jobId !== undefined && !path.split('/').includes(match.jobId)) return false;
  return match.route === undefined || routeMatches(match.route, path);
}

/** Whether a path fits a pattern: `*` and `:name` stand for one segment, `**` for any number, also none. */
export function routeMatches(pattern: string, path: string): boolean {
  const segments = (text: string) => text.split('/').filter(segment => segment !== '');
  return segmentsMatch(segments(pattern), segments(path));
}

function segmentsMatch(pattern: readonly string[], path: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return path.length === 0;
  if (first === '**') return path.some((_, index) => segmentsMatch(rest, path.slice(index))) || segmentsMatch(rest, []);
  const [segment, ...others] = path;
  if (segment === undefined) return false;
  const fits = first === '*' || first.startsWith(':') || first === segment;
  return fits && segmentsMatch(rest, others);
}

/** Numbers from 0 to 1, the same for the same seed (the mulberry32 generator). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
