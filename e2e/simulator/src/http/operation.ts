import { describeIssues } from '@buildkite-operator/service';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Agent, Cluster, Job } from '../domain/records.ts';
import type { BreachKind, BreachRequest } from '../domain/referee.ts';
import { Refusal, type RefusalCode } from '../domain/refusal.ts';
import { requireJob, type TokenHolder, type TokenKind, type World } from '../domain/world.ts';
import type { SimulatorContext } from './context.ts';

/** An answer: a status, and a body that is sent as JSON unless it is undefined. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A call that has passed the checks of its token, its body and its query. */
export interface Call<Holder, Body, Query> {
  readonly context: SimulatorContext;
  readonly world: World;
  readonly holder: Holder;
  readonly params: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly query: Query;
  readonly headers: FastifyRequest['headers'];
  readonly request: BreachRequest;
  /** Calls back once the answer has gone out whole; never if it is cut off. */
  readonly onAnswered: (done: () => void) => void;
}

/** What the limits of an API say to a call before it is looked at: headers for its answer, and a refusal if there is one. */
export interface Admission {
  readonly headers: Readonly<Record<string, string>>;
  readonly refusal?: Answer | undefined;
}

type HolderOf<Kind extends TokenKind> = Extract<TokenHolder, { kind: Kind }>;

/** One route of the agent API: its address, whose token it wants, what it understands, and what it does. */
export interface Operation<Kind extends TokenKind, Body extends z.ZodType, Query extends z.ZodType> {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly token: Kind;
  /** What a call with another kind of token amounts to, if more than that. */
  readonly wrongTokenBreach?: BreachKind;
  readonly body?: Body;
  readonly query?: Query;
  /** How a body that does not fit is refused; `malformed` if not given. */
  readonly bodyRefusal?: (error: z.ZodError) => RefusalCode;
  /** Asked after the token was found good; `params` and the unchecked body may tell whose limit it is. */
  readonly admit?: (holder: HolderOf<Kind>, params: Readonly<Record<string, string>>, body: unknown) => Admission;
  readonly handle: (call: Call<HolderOf<Kind>, z.output<Body>, z.output<Query>>) => Answer | Promise<Answer>;
}

/** Adds a route. What the call gets wrong is noted by the referee and answered with `{message}`. */
export function addOperation<Kind extends TokenKind, Body extends z.ZodType, Query extends z.ZodType>(
  app: FastifyInstance,
  context: SimulatorContext,
  operation: Operation<Kind, Body, Query>,
): void {
  const { world } = context;
  app.route({
    method: operation.method,
    url: `/${operation.path}`,
    handler: async (request, reply) => {
      const breachRequest = { method: request.method, url: request.url, operation: operation.name };
      const check = new CallCheck(world, request, breachRequest);
      const params = z.record(z.string(), z.string()).parse(request.params ?? {});
      const holder = check.token(operation.token, operation.wrongTokenBreach);
      const admission = operation.admit?.(holder, params, request.body);
      reply.headers(admission?.headers ?? {});
      if (admission?.refusal !== undefined) {
        await send(reply, admission.refusal);
        return;
      }
      const jobId = operation.path.startsWith('jobs/') ? params['id'] : undefined;
      if (jobId !== undefined) check.sameJob(holder, jobId);
      const call = {
        context,
        world,
        holder,
        params,
        body: check.parse(operation.body, request.body, 'body', operation.bodyRefusal),
        query: check.parse(operation.query, request.query, 'query'),
        headers: request.headers,
        request: breachRequest,
        onAnswered: (done: () => void) => {
          reply.raw.once('finish', () => {
            if (!request.raw.socket.destroyed) done();
          });
        },
      };
      await send(reply, await operation.handle(call));
    },
  });
}

async function send(reply: FastifyReply, { status, headers = {}, body }: Answer): Promise<void> {
  await reply.code(status).headers(headers).send(body);
}

class CallCheck {
  readonly #world: World;
  readonly #request: FastifyRequest;
  readonly #breachRequest: BreachRequest;

  constructor(world: World, request: FastifyRequest, breachRequest: BreachRequest) {
    this.#world = world;
    this.#request = request;
    this.#breachRequest = breachRequest;
  }

  token<Kind extends TokenKind>(kind: Kind, wrongTokenBreach: BreachKind = 'wrong-token'): HolderOf<Kind> {
    const value = /^Token (\S+)$/i.exec(this.#request.headers.authorization ?? '')?.[1];
    const holder = value === undefined ? undefined : this.#world.tokens.get(value);
    if (holder === undefined) {
      if (value === undefined || !this.#world.revokedTokens.has(value))
        this.#note(
          'unknown-token',
          value === undefined ? 'the call has no `Authorization: Token …` header' : 'nobody was given this token',
        );
      throw new Refusal('unauthorized', value === undefined ? 'Authorization: Token … is required' : 'Invalid access token');
    }
    if (!hasKind(holder, kind)) {
      this.#note(wrongTokenBreach, `this call takes the ${kind} token, not the ${holder.kind} token`);
      throw new Refusal('unauthorized', `Invalid access token: this call takes the ${kind} token, not the ${holder.kind} token`);
    }
    return holder;
  }

  sameJob(holder: TokenHolder, jobId: string): void {
    if (holder.kind !== 'job' || holder.job.id === jobId) return;
    this.#note('another-jobs-token', `the token of job ${holder.job.id} was used for job ${jobId}`, holder);
    requireJob(this.#world, jobId);
    throw new Refusal('unauthorized', 'Invalid access token: it is that of another job');
  }

  parse<Schema extends z.ZodType>(
    schema: Schema | undefined,
    value: unknown,
    what: string,
    refusal: (error: z.ZodError) => RefusalCode = () => 'malformed',
  ): z.output<Schema> {
    if (schema === undefined) return undefined as z.output<Schema>;
    const parsed = schema.safeParse(value ?? {});
    if (parsed.success) return parsed.data;
    const issues = describeIssues(parsed.error, value).trim();
    this.#note('malformed-body', `${what}: ${issues}`);
    throw new Refusal(refusal(parsed.error), `invalid ${what}: ${issues}`);
  }

  #note(kind: BreachKind, explanation: string, holder?: { readonly job?: Job; readonly agent?: Agent }): void {
    this.#world.referee.note({ kind, explanation, jobId: holder?.job?.id, agentId: holder?.agent?.id, request: this.#breachRequest });
  }
}

function hasKind<Kind extends TokenKind>(holder: TokenHolder, kind: Kind): holder is HolderOf<Kind> {
  return holder.kind === kind;
}

/** The cluster on whose behalf a call is made. */
export function clusterOfHolder(world: World, holder: TokenHolder): Cluster | undefined {
  if (holder.kind === 'registration') return holder.cluster;
  return world.clusters.get(holder.agent.clusterId);
}
