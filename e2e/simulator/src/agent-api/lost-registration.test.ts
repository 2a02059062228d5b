import { describe, expect, it } from 'vitest';
import { useStackBench } from '../testing/use-stack-bench.ts';

const bench = useStackBench();

describe('given agents that fall silent after their registration', () => {
  const becomeLost = async () => {
    await bench().control.changeSettings({ lostAgentAfterMs: 1000 });
    bench().clock.pass(1001);
    const states = async () => (await bench().control.agents()).map(({ state }) => state);
    await expect.poll(states).toEqual(['lost']);
  };

  it('when one never got its answer, then it is no breach, as nobody knows that it is that agent', async () => {
    await bench().control.addFault({ match: { route: 'register' }, action: { type: 'lost-answer' }, times: 1 });
    await expect(bench().agent()).rejects.toThrow('fetch failed');
    await becomeLost();
    expect(await bench().breaches()).toEqual([]);
  });

  it('when one was killed while its answer was on the way, then it is no breach either, as it cannot be told from the first', async () => {
    await bench().agent();
    await becomeLost();
    expect(await bench().breaches()).toEqual([]);
  });

  it('when one has called since, then it has vanished', async () => {
    const agent = await bench().agent();
    await agent.call('POST', 'connect');
    await becomeLost();
    expect(await bench().breaches()).toEqual(['agent-vanished']);
  });
});
