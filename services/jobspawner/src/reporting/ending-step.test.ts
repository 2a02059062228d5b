import { type BuildJobStatus, isFinal, phases, reasonNames, reasons } from '@buildkite-operator/crds';
import { jobStage, knownJobStates } from '@buildkite-operator/stacks-api';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endingReport } from './ending-report.ts';
import { endingStep, longestStuckMs } from './ending-step.ts';
import { reportedJob } from './testing/reported-job.ts';

const pullFailed: BuildJobStatus = { phase: 'Failed', reason: 'ImagePull', message: 'cannot pull nginx:nope' };
const failed = { job: reportedJob(pullFailed), state: 'reserved', hasRival: false, stuckMs: 0, nowMs: Date.parse('2026-01-01T00:01:00Z') };

describe('the next step for a BuildJob that has ended', () => {
  it.each([
    ['scheduled', 'finish'],
    ['reserved', 'finish'],
    ['assigned', 'release'],
    ['running', 'release'],
    ['canceling', 'release'],
    ['finished', 'release'],
    ['canceled', 'release'],
    ['expired', 'release'],
    ['waiting', 'ask-again'],
    ['a-state-of-next-year', 'ask-again'],
    [undefined, 'ask-again'],
  ])('in state %s is %s', (state, kind) => {
    expect(endingStep({ ...failed, state }).kind).toBe(kind);
  });

  it('tells why, where, and what to do', () => {
    expect(endingStep(failed)).toStrictEqual({
      kind: 'finish',
      exitStatus: -1,
      detail: `ImagePull: cannot pull nginx:nope\n\n${reasons.ImagePull}\n\nBuildJob ${failed.job.metadata.namespace}/${failed.job.metadata.name}`,
    });
  });

  it('leaves a job alone that another BuildJob may still run', () => {
    expect(endingStep({ ...failed, hasRival: true })).toMatchObject({ kind: 'ask-again', stuck: false });
  });

  it('finishes one that was deleted before it ended', () => {
    const job = reportedJob({ phase: 'Scheduling' }, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    expect(endingStep({ ...failed, job })).toMatchObject({ kind: 'finish', detail: expect.stringContaining('Deleted') as string });
  });

  it.each([
    ['running', { kind: 'release', because: 'agent' }],
    ['canceling', { kind: 'release', because: 'agent' }],
    ['finished', { kind: 'release', because: 'over' }],
  ])('lets one go that was deleted while its agent had the job, which is %s', (state, step) => {
    const job = reportedJob({ phase: 'Running' }, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    expect(endingStep({ ...failed, job, state })).toStrictEqual(step);
  });

  it('waits for an answer that makes sense, but not for ever', () => {
    const odd = { ...failed, state: undefined };
    expect(endingStep({ ...odd, stuckMs: longestStuckMs - 1 })).toMatchObject({ kind: 'ask-again', stuck: true });
    expect(endingStep({ ...odd, stuckMs: longestStuckMs })).toStrictEqual({ kind: 'release', because: 'given-up' });
  });

  it.each(['OOMKilled', 'NodeLost', 'AgentLost'] as const)('says what befell an agent that could not tell it itself: %s', reason => {
    const times = { runningTime: '2026-01-01T00:00:00Z', finishedTime: '2026-01-01T00:00:30Z' };
    const job = reportedJob({ phase: 'Failed', reason, message: 'the words', ...times });
    const notice = { topic: `trouble-${reason}`, text: expect.stringContaining('the words') as string };
    expect(endingStep({ ...failed, job, state: 'running' })).toStrictEqual({ kind: 'release', because: 'agent', notice });
    const over = { ...failed, job, state: 'finished' };
    expect(endingStep(over)).toStrictEqual({ kind: 'release', because: 'over', notice });
    expect(endingStep({ ...over, nowMs: failed.nowMs + 300_000 })).toStrictEqual({ kind: 'release', because: 'over' });
    const neverRan = reportedJob({ phase: 'Failed', reason });
    expect(endingStep({ ...failed, job: neverRan, state: 'running' })).toStrictEqual({ kind: 'release', because: 'agent' });
  });

  it('is none for one that was made by hand, or has not ended', () => {
    expect(endingStep({ ...failed, job: reportedJob(pullFailed, { finalizers: ['some/other'] }) })).toStrictEqual({ kind: 'none' });
    expect(endingStep({ ...failed, job: reportedJob({ phase: 'Running' }) })).toStrictEqual({ kind: 'none' });
  });

  it('finishes only what is to be had, and lets go only what is not, whatever the BuildJob says', () => {
    const status = fc.record({ phase: fc.constantFrom(...phases), reason: fc.constantFrom(...reasonNames), message: fc.string() });
    const state = fc.oneof(fc.constantFrom(...knownJobStates, undefined), fc.string());
    const observed = fc.record({ status, state, hasRival: fc.boolean(), stuckMs: fc.nat(2 * longestStuckMs) });
    fc.assert(
      fc.property(observed, ({ status, state, hasRival, stuckMs }) => {
        const { kind } = endingStep({ ...failed, job: reportedJob(status), state, hasRival, stuckMs });
        const stage = jobStage(state);
        expect(kind === 'finish').toBe(isFinal(status.phase) && stage === 'claimable' && !hasRival);
        expect(kind === 'release' && stage === 'claimable').toBe(false);
        const settled = isFinal(status.phase) && (stage === 'agent' || stage === 'over');
        expect(settled ? kind : 'release').toBe('release');
      }),
    );
  });
});

describe('the report of an ending', () => {
  it.each([
    [undefined, -1],
    [0, -1],
    [137, 137],
    [-7, -7],
  ])('of exit code %s has exit status %s: it never passes a job that did not run', (exitCode, exitStatus) => {
    const status = { ...pullFailed, ...(exitCode !== undefined && { exitCode }) };
    expect(endingReport(reportedJob(status)).exitStatus).toBe(exitStatus);
  });

  it('fits Buildkite with the meaning of the reason and the BuildJob in it, however long the words of others are', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...reasonNames),
        fc.string({ unit: 'binary', maxLength: 200 }).map(text => text.repeat(30)),
        (reason, message) => {
          const { detail } = endingReport(reportedJob({ phase: 'Failed', reason, message }));
          expect(Buffer.byteLength(detail)).toBeLessThanOrEqual(4096);
          expect(detail).toContain(reasons[reason]);
          expect(detail).toContain(`/bk-`);
        },
      ),
      { numRuns: 20 },
    );
  });
});
