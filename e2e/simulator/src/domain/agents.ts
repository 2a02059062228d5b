import { randomUUID } from 'node:crypto';
import { endJob } from './end-job.ts';
import { forgetOldAgents } from './forget-builds.ts';
import { giveJob, setJobState } from './job-change.ts';
import { progressBuild } from './progress.ts';
import type { Agent, Cluster, EndedBy, Job } from './records.ts';
import { Refusal } from './refusal.ts';
import { buildOf, defaultQueueKey, ensureQueue, newToken, type World } from './world.ts';

export interface AgentRegistration {
  readonly name: string;
  readonly hostname: string;
  readonly os: string;
  readonly arch: string;
  readonly version: string;
  readonly metaData: readonly string[];
  readonly ignoreInDispatches: boolean;
}

const rememberedAgents = 5_000;

export function registerAgent(world: World, cluster: Cluster, registration: AgentRegistration): Agent {
  const now = world.clock.now();
  const id = randomUUID();
  const queueKey = registration.metaData.find(tag => tag.startsWith('queue='))?.slice('queue='.length) ?? defaultQueueKey;
  const agent: Agent = {
    ...registration,
    id,
    name: registration.name === '' ? `${registration.hostname}-${id.slice(0, 8)}` : registration.name,
    clusterId: cluster.id,
    queueKey,
    accessToken: newToken('bkaa'),
    registeredAt: now,
    state: 'registered',
    stopForce: false,
    lastSeenAt: now,
  };
  ensureQueue(cluster, queueKey);
  world.agents.set(id, agent);
  world.tokens.set(agent.accessToken, { kind: 'agent', agent });
  forgetOldAgents(world, rememberedAgents);
  return agent;
}

/** Notes a sign of life. An agent that was given up and is heard again is an agent again. */
export function seeAgent(world: World, agent: Agent): void {
  agent.lastSeenAt = world.clock.now();
  if (agent.state === 'lost' || agent.state === 'registered') agent.state = 'connected';
}

/** The agent leaves; a job that it still holds fails. */
export function disconnectAgent(world: World, agent: Agent): void {
  agent.state = 'disconnected';
  agent.disconnectedAt = world.clock.now();
  if (agent.job === undefined) return;
  world.referee.note({
    kind: 'disconnected-with-job',
    jobId: agent.job.id,
    agentId: agent.id,
    explanation: `agent ${agent.name} disconnected while its job was ${agent.job.state}`,
  });
  failHeldJob(world, agent, 'agent-disconnected');
}

/**
 * Gives up agents that have been silent for too long; their jobs fail with -1 and no signal reason, as documented. One that has not called since
 * its registration is no breach: its answer may have reached nobody. buildkite-agent registers again when it was lost, and a SIGTERM ends it
 * at once until it is registered (v3.136, clicommand/agent_start.go).
 */
export function giveUpSilentAgents(world: World): void {
  const limit = world.clock.now() - world.settings.lostAgentAfterMs;
  for (const agent of world.agents.values()) {
    if (agent.state === 'disconnected' || agent.state === 'lost' || agent.lastSeenAt >= limit) continue;
    const isKnown = agent.state !== 'registered';
    agent.state = 'lost';
    if (!isKnown) continue;
    world.referee.note({
      kind: 'agent-vanished',
      jobId: agent.job?.id,
      agentId: agent.id,
      explanation: `agent ${agent.name}, registered at ${new Date(agent.registeredAt).toISOString()}, was last heard at ${new Date(agent.lastSeenAt).toISOString()} and never disconnected`,
    });
    failHeldJob(world, agent, 'agent-lost');
  }
}

function failHeldJob(world: World, agent: Agent, endedBy: EndedBy): void {
  const { job } = agent;
  if (job === undefined) return;
  if (job.state === 'assigned') {
    agent.job = undefined;
    job.agent = undefined;
    setJobState(world, job, 'scheduled');
  } else {
    endJob(world, job, { exitStatus: -1 }, endedBy);
  }
}

/** What an agent is to do now; a scheduled job that fits is assigned to it. */
export interface PingAnswer {
  readonly action?: 'pause' | 'disconnect' | undefined;
  readonly message?: string | undefined;
  readonly job?: Job | undefined;
}

export function pingAgent(world: World, agent: Agent): PingAnswer {
  if (agent.state === 'stopping') return { action: 'disconnect', message: 'the agent was asked to stop' };
  if (agent.state === 'paused') {
    if (agent.pauseUntil === undefined || agent.pauseUntil > world.clock.now())
      return { action: 'pause', message: agent.pauseNote ?? 'paused' };
    resumeAgent(agent);
  }
  if (agent.job?.state === 'assigned') return { job: agent.job };
  if (agent.ignoreInDispatches || agent.job !== undefined) return {};
  const job = nextJobFor(world, agent);
  if (job === undefined) return {};
  giveJob(job, agent);
  setJobState(world, job, 'assigned');
  progressBuild(world, buildOf(world, job));
  return { job };
}

/** Highest priority first, then the one that has waited longest. */
function nextJobFor(world: World, agent: Agent): Job | undefined {
  if (world.clusters.get(agent.clusterId)?.queues.get(agent.queueKey)?.dispatchPaused === true) return undefined;
  return [...world.openJobs]
    .filter(
      job =>
        job.state === 'scheduled' &&
        buildOf(world, job).clusterId === agent.clusterId &&
        job.queueKey === agent.queueKey &&
        matchesTags(job, agent),
    )
    .toSorted(
      (left, right) => jobPriority(right) - jobPriority(left) || (left.timeline.scheduledAt ?? 0) - (right.timeline.scheduledAt ?? 0),
    )[0];
}

/** The priority of the job's step, as written or as `step update priority` has changed it. */
export function jobPriority({ step: { definition, attributes } }: Job): number {
  const changed = Number(attributes.get('priority') ?? Number.NaN);
  if (Number.isInteger(changed)) return changed;
  return definition.type === 'command' ? definition.priority : 0;
}

function matchesTags(job: Job, agent: Agent): boolean {
  return (job.variant?.agents ?? []).every(rule => {
    if (rule.startsWith('queue=')) return true;
    const at = rule.indexOf('=');
    const [key, value] = at === -1 ? [rule, '*'] : [rule.slice(0, at), rule.slice(at + 1)];
    return agent.metaData.some(tag => (value === '*' ? tag === key || tag.startsWith(`${key}=`) : tag === `${key}=${value}`));
  });
}

/** Asks the agent to stop: after its job, or with `force` at once. */
export function stopAgent(world: World, agent: Agent, force: boolean): void {
  if (agent.state === 'disconnected' || agent.state === 'lost') throw new Refusal('unprocessable', `agent ${agent.name} is ${agent.state}`);
  agent.state = 'stopping';
  agent.stopForce = force;
  if (force && agent.job?.state === 'running') setJobState(world, agent.job, 'canceling');
}

export function pauseAgent(world: World, agent: Agent, note: string | undefined, timeoutInMinutes: number | undefined): void {
  if (agent.state === 'disconnected' || agent.state === 'lost') throw new Refusal('unprocessable', `agent ${agent.name} is ${agent.state}`);
  agent.state = 'paused';
  agent.pauseNote = note;
  agent.pauseUntil = timeoutInMinutes === undefined ? undefined : world.clock.now() + timeoutInMinutes * world.settings.minuteMs;
}

export function resumeAgent(agent: Agent): void {
  if (agent.state !== 'paused') return;
  agent.state = 'connected';
  agent.pauseNote = undefined;
  agent.pauseUntil = undefined;
}
