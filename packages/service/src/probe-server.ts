import fastify from 'fastify';
import type { Registry } from 'prom-client';
import { errorMessage, OperatorError } from './errors.ts';

/** A named question to the service; a text is the reason why the answer is no. */
export type HealthCheck = () => string | undefined;

export interface ProbeServerOptions {
  readonly host?: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly registry: Registry;
  /** All must pass for `/healthz`; a failing one makes the kubelet restart the container. */
  readonly liveness?: Readonly<Record<string, HealthCheck>>;
  /** All must pass for `/readyz`. */
  readonly readiness?: Readonly<Record<string, HealthCheck>>;
}

export interface ProbeServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves `/healthz`, `/readyz` and `/metrics`. Throws with the port in the message when it cannot listen. */
export async function startProbeServer(options: ProbeServerOptions): Promise<ProbeServer> {
  const server = fastify({ logger: false, forceCloseConnections: true });
  const answer = (checks: Readonly<Record<string, HealthCheck>> = {}) => {
    const failures = Object.entries(checks).flatMap(([name, check]) => {
      const reason = check();
      return reason === undefined ? [] : [`${name}: ${reason}`];
    });
    return { status: failures.length === 0 ? 200 : 503, text: failures.length === 0 ? 'ok\n' : `${failures.join('\n')}\n` };
  };
  server.get('/healthz', async (_request, reply) => {
    const { status, text } = answer(options.liveness);
    return reply.code(status).type('text/plain').send(text);
  });
  server.get('/readyz', async (_request, reply) => {
    const { status, text } = answer(options.readiness);
    return reply.code(status).type('text/plain').send(text);
  });
  server.get('/metrics', async (_request, reply) => reply.type(options.registry.contentType).send(await options.registry.metrics()));
  try {
    await server.listen({ host: options.host ?? '0.0.0.0', port: options.port });
  } catch (cause) {
    throw new OperatorError('ListenFailed', `cannot serve probes and metrics on port ${options.port}: ${errorMessage(cause)}`, { cause });
  }
  const address = server.server.address();
  const port = address !== null && typeof address === 'object' ? address.port : options.port;
  return { port, close: () => server.close() };
}
