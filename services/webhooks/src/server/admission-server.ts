import { errorMessage, type Logger, OperatorError } from '@buildkite-operator/service';
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import type { JsonPatchOperation } from '../admission/json-patch.ts';
import type { Verdict } from '../admission/verdict.ts';
import type { PemPair } from '../certificates/issue.ts';
import { answerOf } from './admission-answer.ts';
import { type AdmissionRequest, parseReview, ReviewError } from './admission-review.ts';
import type { Outcome, WebhookMetrics } from './webhook-metrics.ts';

/** Judges one request; the signal is aborted when the API server will wait no longer. */
export type Webhook = (
  request: AdmissionRequest,
  signal: AbortSignal,
) => Promise<{ readonly verdict: Verdict; readonly patch?: readonly JsonPatchOperation[] }>;

export interface AdmissionServerOptions {
  readonly host?: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** By path, without the slash. */
  readonly webhooks: Readonly<Record<string, Webhook>>;
  readonly metrics: WebhookMetrics;
  readonly logger: Logger;
}

export interface AdmissionServer {
  readonly port: number;
  /** Serves new connections with this certificate; those that are open stay as they are. Throws when the two do not belong together. */
  serve(pair: PemPair): void;
  /** From now on every answer ends its connection, so that the next request goes to another replica. */
  drain(): void;
  /** Closes idle connections, waits for requests that are under way. */
  close(): Promise<void>;
}

/** Two objects of 3 MB, the most that etcd and its proxies let through, and the review around them. */
const bodyLimit = 8 * 1024 * 1024;

/**
 * The API server closes connections that were idle for 90 s (Go's default for its client). We keep them for longer, so that it is never
 * we who close one just as a request comes.
 */
const keepAliveMs = 300_000;

/** What the API server waits at most where it does not say, and how much of that we leave for the way. */
const defaultTimeoutMs = 10_000;
const reserveMs = 1500;

/**
 * Serves the webhooks by HTTP/1.1 over TLS 1.3. HTTP/2 is not offered: the API server does not ask for it in webhooks, and a single
 * connection would bind it to one replica. Handshakes fail until the first certificate is there.
 */
export async function startAdmissionServer(options: AdmissionServerOptions): Promise<AdmissionServer> {
  const { logger, metrics, webhooks } = options;
  let isDraining = false;
  const server = fastify({
    logger: false,
    https: { minVersion: 'TLSv1.3' },
    bodyLimit,
    keepAliveTimeout: keepAliveMs,
    requestTimeout: 30_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  });
  // Whatever it calls itself, the body is read here, so that rubbish gets an answer in words.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.addHook('onSend', async (_request, reply) => {
    if (isDraining) reply.header('connection', 'close');
  });
  server.setErrorHandler(async (error: FastifyError, _request, reply) => answerError(error, reply, logger));
  for (const [name, webhook] of Object.entries(webhooks)) {
    server.post(`/${name}`, async (request, reply) => {
      const end = metrics.duration.startTimer({ webhook: name });
      let outcome: Outcome = 'failed';
      try {
        const review = parseReview(request.body);
        const { verdict, patch } = await webhook(review, AbortSignal.timeout(deadlineOf(request)));
        outcome = verdict.faults.length === 0 ? 'allowed' : 'refused';
        return await reply.send(answerOf(review, verdict, patch));
      } catch (error) {
        if (error instanceof ReviewError) outcome = 'bad-request';
        throw error;
      } finally {
        end({ outcome });
      }
    });
  }
  try {
    await server.listen({ host: options.host ?? '0.0.0.0', port: options.port });
  } catch (cause) {
    throw new OperatorError('ListenFailed', `cannot serve webhooks on port ${options.port}: ${errorMessage(cause)}`, { cause });
  }
  const address = server.server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : options.port,
    serve: ({ certificate, key }) => server.server.setSecureContext({ cert: certificate, key, minVersion: 'TLSv1.3' }),
    drain: () => {
      isDraining = true;
    },
    close: () => server.close(),
  };
}

async function answerError(error: FastifyError | Error, reply: FastifyReply, logger: Logger): Promise<FastifyReply> {
  if (error instanceof ReviewError) return reply.code(400).type('text/plain').send(`${error.message}\n`);
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
  if (status < 500) return reply.code(status).type('text/plain').send(`${error.message}\n`);
  // The API server then does as the webhook's failurePolicy says.
  logger.error({ error }, 'a webhook failed');
  return reply.code(500).type('text/plain').send('the webhook failed; its log says why\n');
}

/** The API server says how long it waits, as `timeout=10s`. */
function deadlineOf({ query }: FastifyRequest): number {
  const timeout = typeof query === 'object' && query !== null && 'timeout' in query ? query.timeout : undefined;
  const seconds = typeof timeout === 'string' ? /^(\d{1,3})s$/.exec(timeout)?.[1] : undefined;
  const waitMs = seconds === undefined ? defaultTimeoutMs : Number(seconds) * 1000;
  return Math.max(waitMs - reserveMs, waitMs / 2, 1);
}
