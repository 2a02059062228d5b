import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { SimulatorClient } from '../client/simulator-client.ts';
import { type BreachKind } from '../domain/referee.ts';
import { settingsSchema } from '../domain/settings.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { MovableClock } from './movable-clock.ts';
import { type RawAgent, RawCaller } from './raw-agent.ts';
import { RawStack, type RawStackOptions } from './raw-stack.ts';
import { takeBreaches } from './referee-check.ts';

type JobRequest = Parameters<SimulatorClient['createJob']>[1];

/** A simulator whose time stands still, with the queues `default` and `gpu`, and the means to be a stack or an agent. */
export class StackBench {
  readonly clock: MovableClock;
  readonly simulator: Simulator;
  readonly caller: RawCaller;
  #clusters = 0;

  constructor(clock: MovableClock, simulator: Simulator) {
    this.clock = clock;
    this.simulator = simulator;
    this.caller = new RawCaller(simulator);
  }

  get control(): SimulatorClient {
    return this.simulator.control;
  }

  stack(options?: RawStackOptions, token = this.simulator.agentToken): RawStack {
    return new RawStack(this.caller, token, options);
  }

  async registered(options?: RawStackOptions): Promise<RawStack> {
    const stack = this.stack(options);
    const { status, body } = await stack.register();
    if (status >= 300) throw new Error(`registration was answered ${status}: ${JSON.stringify(body)}`);
    return stack;
  }

  /** Makes another cluster; gives its name and its token. */
  async otherCluster(): Promise<{ readonly name: string; readonly token: string }> {
    const { name, registrationTokens } = await this.control.createCluster(`other-${(this.#clusters += 1)}`);
    return { name, token: registrationTokens[0] ?? '' };
  }

  agent(): Promise<RawAgent> {
    return this.caller.register(this.simulator.agentToken);
  }

  async job(request?: JobRequest): Promise<string> {
    return (await this.control.createJob('true', request)).id;
  }

  async jobs(count: number): Promise<string[]> {
    const ids: string[] = [];
    while (ids.length < count) ids.push(await this.job());
    return ids;
  }

  /** The kinds of breach since the last call. */
  breaches(): Promise<BreachKind[]> {
    return takeBreaches(this.control);
  }
}

const settings = { lostAgentAfterMs: 1e9, lostStackAfterMs: 10_000 };

/** A bench for the tests of a file. Each test begins with nothing in it; it fails when it leaves an entry of the referee. */
export function useStackBench(): () => StackBench {
  let bench: StackBench | undefined;
  beforeAll(async () => {
    const clock = new MovableClock();
    bench = new StackBench(clock, await startSimulator({ clock, queues: ['gpu'], settings }));
  });
  afterAll(() => bench?.simulator.stop());
  afterEach(async () => {
    if (bench === undefined) return;
    const { control } = bench;
    const entries = await control.referee();
    for (const { key } of await control.stacks()) await control.forgetStack(key);
    await control.changeSettings(settingsSchema.parse(settings));
    await control.reset();
    expect(entries).toEqual([]);
  });
  return () => {
    if (bench === undefined) throw new Error('the bench is there only while tests run');
    return bench;
  };
}
