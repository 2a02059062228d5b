import { registerAgent } from '../domain/agents.ts';
import { type BuildRequest, createBuild, upsertPipeline } from '../domain/create-build.ts';
import { acquireJob, finishJob, startJob } from '../domain/job-lifecycle.ts';
import type { Agent, Build, Job } from '../domain/records.ts';
import { type SettingsPatch, settingsSchema } from '../domain/settings.ts';
import { sweep } from '../domain/sweep.ts';
import { addCluster, createWorld, type World } from '../domain/world.ts';
import { parsePipelineYaml } from '../pipeline/parse-pipeline.ts';

const request = { method: 'TEST', url: '/' } as const;

/** A world whose time stands still until a test moves it, and the means to live through builds in it. */
export class FakeWorld {
  readonly world: World;
  #now = 1_700_000_000_000;

  constructor(settings: SettingsPatch = {}) {
    this.world = createWorld({
      clock: { now: () => this.#now },
      settings: settingsSchema.parse(settings),
      baseUrl: () => 'http://simulator.test',
    });
    addCluster(this.world, 'default', 'bkct_test');
  }

  /** Lets time pass, and happen what it brings. */
  pass(ms: number): void {
    this.#now += ms;
    sweep(this.world);
  }

  build(yaml: string, request: Partial<BuildRequest> = {}): Build {
    const { slug } = upsertPipeline(this.world, { slug: 'demo' });
    return createBuild(this.world, { ...request, pipelineSlug: slug, definition: parsePipelineYaml(yaml) });
  }

  agent(tags: readonly string[] = [], name = ''): Agent {
    const [cluster] = this.world.clusters.values();
    if (cluster === undefined) throw new Error('the world has no cluster');
    const agent = registerAgent(this.world, cluster, {
      name,
      hostname: 'host',
      os: 'linux',
      arch: 'amd64',
      version: '3',
      metaData: tags,
      ignoreInDispatches: false,
    });
    agent.state = 'connected';
    return agent;
  }

  /** An agent of its own takes the job and starts it. */
  begin(job: Job): Agent {
    const agent = this.agent();
    acquireJob(this.world, agent, job, request);
    startJob(this.world, agent, job, 'start', request);
    return agent;
  }

  /** The agent that has the job reports its end. */
  finish(job: Job, exitStatus: number, more: { readonly signal?: string; readonly signalReason?: string } = {}): void {
    if (job.agent === undefined) throw new Error('no agent has the job');
    finishJob(this.world, job.agent, job, { exitStatus, ...more, finishedAt: 'end', chunksFailedCount: 0 }, request);
  }

  run(job: Job, exitStatus: number): void {
    this.begin(job);
    this.finish(job, exitStatus);
  }
}

/** The jobs of a build in order, by what they are called: label, key, command or type. */
export function jobsByName(build: Build): Record<string, Job> {
  return Object.fromEntries(build.steps.flatMap(step => step.jobs).map(job => [nameOf(job), job]));
}

/** Each job's name and state, in order. */
export function statesOf(build: Build): string[] {
  return build.steps.flatMap(step => step.jobs).map(job => `${nameOf(job)} ${job.state}`);
}

export function jobNamed(build: Build, name: string): Job {
  const jobs = build.steps.flatMap(step => step.jobs).filter(job => nameOf(job) === name);
  const job = jobs.at(-1);
  if (job === undefined) throw new Error(`no job ${name}; there are ${statesOf(build).join(', ')}`);
  return job;
}

function nameOf({ label, step, variant, type }: Job): string {
  return label ?? step.definition.key ?? variant?.command ?? type;
}
