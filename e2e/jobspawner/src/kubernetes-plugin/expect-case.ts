import { outcome } from '@buildkite-operator/e2e-testbed/vitest';
import { expect } from 'vitest';
import type { GoodCase, World } from './cases/good-case.ts';
import type { EndedStep } from './steps-under-test.ts';

/** How Buildkite has a job that the operator ended before an agent took it. */
export const endedByOperator = { state: 'finished', passed: false, signalReason: 'stack_error', endedBy: 'stack' } as const;

/** Looks at everything that a case says of a job that has ended. */
export function expectCase(sample: GoodCase, seen: EndedStep, world: World): void {
  const { pod, log = [], never = [], ends = { passed: true }, notices = [], says = [], ended, buildJob = {} } = sample;
  expect(outcome(seen.job), `${seen.job.detail ?? ''}\n${seen.log}`).toMatchObject(ends);
  for (const line of log) expect(seen.log).toContain(line);
  for (const line of never) expect(seen.log).not.toContain(line);
  for (const part of says) expect(seen.job.detail).toContain(part);
  for (const notice of notices) expect(seen.notices.join('\n')).toContain(notice);
  expect(seen.buildJob ?? {}).toMatchObject(buildJob);
  if (seen.pod === undefined) expect(ends).toMatchObject({ endedBy: 'stack' });
  else {
    pod?.(seen.pod, world);
    ended?.(seen.pod);
  }
}

/** The job failed without a pod, and its page says these things. */
export function expectRefusal({ job, pod }: EndedStep, says: readonly string[]): void {
  expect(outcome(job), job.detail).toMatchObject(endedByOperator);
  for (const part of says) expect(job.detail).toContain(part);
  expect(pod).toBeUndefined();
}
