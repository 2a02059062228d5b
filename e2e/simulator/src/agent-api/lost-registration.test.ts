import { describe, expect, it } from 'vitest';
import { useStackBench } from '../testing/use-stack-bench.ts';

const bench = useStackBench();

describe('given agents that fall silent without having called after their registration', () => {
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

  it('when one got its answer, then it has vanished', async () => {
    await bench().agent();
    await becomeLost();
    expect(await bench().breaches()).toEqual(['agent-vanished']);
  });
});
