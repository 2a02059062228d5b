import { describe, expect, it } from 'vitest';
import { operatorBlock, operatorKeys, readOperatorBlock } from './operator-block.ts';
import type { SettingsProblem } from './settings-problem.ts';

const block = { buildkite: { outsideAgent: { environmentSecret: 'of-another-job' } } };

describe("the Secret with an outside job's environment", () => {
  it('is nothing that a pipeline can name: the block has no such key, and an editor is not told of one', () => {
    expect(operatorKeys).not.toContain('buildkite');
    expect(operatorKeys).not.toContain('outsideAgent');
    expect(JSON.stringify(operatorBlock.toJSONSchema())).not.toContain('outsideAgent');
  });

  it.each([
    ['as in a BuildJob', block, 'buildkite'],
    ['by itself', block.buildkite, 'outsideAgent'],
  ])('is refused in the block, %s', (_how, given, path) => {
    const problems: SettingsProblem[] = [];
    expect(readOperatorBlock(given, problem => problems.push(problem))).toBeUndefined();
    expect(problems).toMatchObject([{ block: 'buildkite-operator', path }]);
  });
});
