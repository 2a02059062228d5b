import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { FaultHit } from '../domain/faults.ts';
import type { SimulatorContext } from './context.ts';

/** Lets the faults of the context hit the calls of `app`, whose paths begin with `prefix`. */
export function injectFaults(app: FastifyInstance, { faults }: SimulatorContext, prefix: string): void {
  const lostAnswers = new WeakSet<FastifyRequest>();
  app.addHook('preHandler', async (request, reply) => {
    const [path = ''] = request.url.split('?');
    const hit = faults.take({ method: request.method, path: path.slice(prefix.length) });
    if (hit === undefined) return;
    if (hit.action.type === 'lost-answer') lostAnswers.add(request);
    await strike(hit, request, reply);
  });
  app.addHook('onSend', async (request, reply, payload) => {
    if (lostAnswers.has(request)) {
      reply.hijack();
      request.raw.socket.destroy();
    }
    return payload;
  });
}

async function strike({ faultId, action }: FaultHit, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  switch (action.type) {
    case 'status':
      await reply
        .code(action.status)
        .headers({ ...action.headers, 'Simulator-Fault': faultId })
        .send(action.body ?? { message: `injected fault ${faultId}` });
      return;
    case 'delay':
      await delay(action.ms);
      return;
    case 'drop':
      reply.hijack();
      request.raw.socket.destroy();
      return;
    case 'lost-answer':
  }
}
