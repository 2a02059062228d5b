import { afterAll, afterEach, beforeAll } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator.ts';
import { AgentYard } from './real-agent.ts';
import { resetWithoutBreach } from './referee-check.ts';

/** A simulator and a place for real agents, for the tests of one file. */
export interface RealAgentBench {
  readonly simulator: Simulator;
  readonly yard: AgentYard;
}

/** Call once in a describe block. After each test all agents have ended, and the referee must have no entry left. */
export function useRealAgent(settings: NonNullable<SimulatorOptions['settings']> = {}): RealAgentBench {
  let bench: RealAgentBench | undefined;
  const started = () => {
    if (bench === undefined) throw new Error('simulator and agents are not there yet: use them inside a test');
    return bench;
  };
  beforeAll(async () => {
    bench = { yard: await AgentYard.create(), simulator: await startSimulator({ settings }) };
  });
  afterEach(async () => {
    await started().yard.endAll();
    await resetWithoutBreach(started().simulator.control);
  });
  afterAll(async () => {
    await bench?.yard.remove();
    await bench?.simulator.stop();
  });
  return {
    get simulator() {
      return started().simulator;
    },
    get yard() {
      return started().yard;
    },
  };
}
