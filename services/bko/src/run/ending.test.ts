import type { BuildJobStatus } from '@buildkite-operator/crds';
import { expect, it } from 'vitest';
import { endingOf } from './ending.ts';

it.each<[BuildJobStatus, ReturnType<typeof endingOf>]>([
  [{ phase: 'Succeeded', exitCode: 0, reason: 'Completed' }, { exitCode: 0 }],
  [{ phase: 'Failed', exitCode: 3, reason: 'ExitCode', message: 'see the log' }, { exitCode: 3 }],
  [
    { phase: 'Failed', exitCode: 137, reason: 'OOMKilled', message: 'too much' },
    { exitCode: 137, message: 'OOMKilled: too much' },
  ],
  [
    { phase: 'Failed', exitCode: -1, reason: 'AgentLost', message: 'gone' },
    { exitCode: 255, message: 'AgentLost: gone' },
  ],
  [{ phase: 'Failed', exitCode: 256, reason: 'ExitCode' }, { exitCode: 255 }],
  [
    { phase: 'Failed', reason: 'ImagePull', message: 'no such image' },
    { exitCode: 190, message: 'ImagePull: no such image' },
  ],
  [
    { phase: 'Failed', exitCode: 0, reason: 'SidecarFailed', message: 'db' },
    { exitCode: 190, message: 'SidecarFailed: db' },
  ],
  [
    { phase: 'TimedOut', reason: 'TimedOut', message: 'after 60 s' },
    { exitCode: 190, message: 'TimedOut: after 60 s' },
  ],
  [
    { phase: 'Cancelled', reason: 'Cancelled' },
    { exitCode: 143, message: 'Cancelled' },
  ],
  [{ phase: 'Failed' }, { exitCode: 190, message: 'the job ended: Failed' }],
])('%j ends the run with %j', (status, ending) => {
  expect(endingOf(status)).toEqual(ending);
});
