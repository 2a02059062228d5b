import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { disconnectAgent, pauseAgent, pingAgent, registerAgent, resumeAgent, seeAgent, stopAgent } from '../domain/agents.ts';
import type { Agent } from '../domain/records.ts';
import { Refusal } from '../domain/refusal.ts';
import { defaultQueueKey, ensureQueue, type World } from '../domain/world.ts';
import type { SimulatorContext } from '../http/context.ts';
import { addOperation, type Call } from '../http/operation.ts';

const registerBody = z.object({
  name: z.string().default(''),
  hostname: z.string().default(''),
  os: z.string().default(''),
  arch: z.string().default(''),
  version: z.string().default(''),
  meta_data: z.array(z.string()).nullish(),
  ignore_in_dispatches: z.boolean().default(false),
});

/** The agent's own life: register, connect, heartbeat, ping, disconnect, stop, pause, resume, and what its token is. */
export function addAgentOperations(app: FastifyInstance, context: SimulatorContext): void {
  addOperation(app, context, {
    name: 'register',
    method: 'POST',
    path: 'register',
    token: 'registration',
    body: registerBody,
    handle: ({ world, holder, body }) => {
      const agent = registerAgent(world, holder.cluster, {
        name: body.name,
        hostname: body.hostname,
        os: body.os,
        arch: body.arch,
        version: body.version,
        metaData: body.meta_data ?? [],
        ignoreInDispatches: body.ignore_in_dispatches,
      });
      return { status: 200, body: registration(world, agent) };
    },
  });
  addOperation(app, context, {
    name: 'token',
    method: 'GET',
    path: 'token',
    token: 'registration',
    handle: ({ world, holder: { cluster } }) => {
      const queue = ensureQueue(cluster, defaultQueueKey);
      return {
        status: 200,
        body: {
          uuid: cluster.id,
          description: `registration token of cluster ${cluster.name}`,
          token_type: 'cluster',
          organization_slug: world.organization.slug,
          organization_uuid: world.organization.id,
          cluster_uuid: cluster.id,
          cluster_name: cluster.name,
          organization_queue_uuid: queue.id,
          organization_queue_key: queue.key,
        },
      };
    },
  });
  addAgentOperation('connect', 'POST', call => {
    call.holder.agent.state = 'connected';
    return { status: 200, body: {} };
  });
  addOperation(app, context, {
    name: 'heartbeat',
    method: 'POST',
    path: 'heartbeat',
    token: 'agent',
    body: z.object({ sent_at: z.string() }),
    handle: call => {
      requireConnected(call, wasOnItsWay(call.holder.agent, call.body.sent_at) ? undefined : 'heartbeat-after-disconnect');
      return { status: 200, body: { sent_at: call.body.sent_at, received_at: new Date(call.world.clock.now()).toISOString() } };
    },
  });
  addAgentOperation('ping', 'GET', ({ world, holder: { agent } }) => {
    const { action, message, job } = pingAgent(world, agent);
    return { status: 200, body: { action, message, ...(job && { job: { id: job.id, state: job.state, env: {} } }) } };
  });
  addOperation(app, context, {
    name: 'disconnect',
    method: 'POST',
    path: 'disconnect',
    token: 'agent',
    handle: ({ world, holder }) => {
      disconnectAgent(world, holder.agent);
      return { status: 200, body: {} };
    },
  });
  addOperation(app, context, {
    name: 'stop',
    method: 'POST',
    path: 'stop',
    token: 'agent',
    body: z.object({ force: z.boolean().default(false) }),
    handle: ({ world, holder, body }) => {
      stopAgent(world, holder.agent, body.force);
      return { status: 200, body: {} };
    },
  });
  addOperation(app, context, {
    name: 'pause',
    method: 'POST',
    path: 'pause',
    token: 'agent',
    body: z.object({ note: z.string().optional(), timeout_in_minutes: z.number().positive().optional() }),
    handle: ({ world, holder, body }) => {
      pauseAgent(world, holder.agent, body.note, body.timeout_in_minutes);
      return { status: 200, body: {} };
    },
  });
  addAgentOperation('resume', 'POST', ({ holder }) => {
    resumeAgent(holder.agent);
    return { status: 200, body: {} };
  });

  function addAgentOperation(name: string, method: 'GET' | 'POST', handle: (call: AgentCall) => { status: number; body: unknown }): void {
    addOperation(app, context, {
      name,
      method,
      path: name,
      token: 'agent',
      handle: call => {
        requireConnected(call, 'agent-call-after-disconnect');
        return handle(call);
      },
    });
  }
}

type AgentCall = Pick<Call<{ agent: Agent }, unknown, unknown>, 'world' | 'holder' | 'request'>;

function registration(world: World, agent: Agent) {
  const { pingIntervalSeconds, jobStatusIntervalSeconds, heartbeatIntervalSeconds } = world.settings;
  return {
    id: agent.id,
    name: agent.name,
    access_token: agent.accessToken,
    endpoint: `${world.baseUrl()}/v3`,
    request_headers: {},
    ping_interval: pingIntervalSeconds,
    job_status_interval: jobStatusIntervalSeconds,
    heartbeat_interval: heartbeatIntervalSeconds,
    meta_data: agent.metaData,
  };
}

/** Whether a beat was sent before the agent disconnected, and overtaken by that: the agent gives such a beat up, but the network may not. */
function wasOnItsWay({ disconnectedAt }: Agent, sentAt: string): boolean {
  return disconnectedAt !== undefined && Date.parse(sentAt) <= disconnectedAt;
}

/** Notes the sign of life; refuses an agent that has said goodbye, as a breach of this kind if it is one. */
export function requireConnected(
  { world, holder: { agent }, request }: AgentCall,
  kind: 'heartbeat-after-disconnect' | 'agent-call-after-disconnect' | undefined,
): void {
  if (agent.state === 'disconnected') {
    const explanation = `agent ${agent.name} has disconnected`;
    if (kind !== undefined) world.referee.note({ kind, agentId: agent.id, request, explanation });
    throw new Refusal('unauthorized', `agent ${agent.name} has disconnected`);
  }
  seeAgent(world, agent);
}
