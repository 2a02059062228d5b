import { describe, expect, it } from 'vitest';
import { parsePipelineYaml } from '../pipeline/parse-pipeline.ts';
import { chooseRetryRule, isSoftFailure, type JobResult } from './retry-rules.ts';

function rulesOf(automatic: string) {
  const [step] = parsePipelineYaml(`steps: [{command: a, retry: {automatic: ${automatic}}}]`).steps;
  if (step?.type !== 'command') throw new Error('a command step was expected');
  return step.retry.automatic;
}

const lost: JobResult = { exitStatus: -1 };
const stopped: JobResult = { exitStatus: -1, signalReason: 'agent_stop' };
const killed: JobResult = { exitStatus: 137, signal: 'SIGKILL', signalReason: 'cancel' };

describe('automatic retry', () => {
  const cases: readonly (readonly [string, JobResult, boolean])[] = [
    ['true', { exitStatus: 1 }, true],
    ['false', { exitStatus: 1 }, false],
    ['[]', { exitStatus: 1 }, false],
    ['{exit_status: 5}', { exitStatus: 5 }, true],
    ['{exit_status: 5}', { exitStatus: 6 }, false],
    ['{exit_status: [5, 6]}', { exitStatus: 6 }, true],
    ['{exit_status: "*"}', { exitStatus: 99 }, true],
    ['{exit_status: -1, signal_reason: none}', lost, true],
    ['{exit_status: -1, signal_reason: none}', stopped, false],
    ['{signal_reason: agent_stop}', stopped, true],
    ['{signal_reason: agent_stop}', lost, false],
    ['{signal: SIGKILL}', killed, true],
    ['{signal: kill}', killed, true],
    ['{signal: SIGTERM}', killed, false],
    ['{signal: none}', lost, true],
    ['{exit_status: 137, signal_reason: stack_error}', killed, false],
    ['{limit: 0}', { exitStatus: 1 }, false],
  ];

  it.each(cases)('%s matches %j: %s', (automatic, result, expected) => {
    expect(chooseRetryRule(rulesOf(automatic), result, []) !== undefined).toBe(expected);
  });

  it('takes the first rule that is not used up, each with its own count', () => {
    const rules = rulesOf('[{exit_status: 1, limit: 1}, {exit_status: "*", limit: 2}]');

    expect(chooseRetryRule(rules, { exitStatus: 1 }, [0, 0])).toBe(0);
    expect(chooseRetryRule(rules, { exitStatus: 1 }, [1, 1])).toBe(1);
    expect(chooseRetryRule(rules, { exitStatus: 1 }, [1, 2])).toBeUndefined();
  });

  it.each([
    [true, 3, true],
    [false, 3, false],
    [[3], 3, true],
    [[4], 3, false],
    [['*'] as const, 3, true],
  ])('soft_fail %j forgives %i: %s', (softFail, status, expected) => {
    expect(isSoftFailure(softFail, status)).toBe(expected);
  });
});
