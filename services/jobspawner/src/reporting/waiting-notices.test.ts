import type { BuildJobStatus } from '@buildkite-operator/crds';
import { describe, expect, it } from 'vitest';
import { holds, reportedJob } from './testing/reported-job.ts';
import { noticesDue, settleMs } from './waiting-notices.ts';

const sinceMs = Date.parse('2026-01-01T00:00:00Z');
const settled = sinceMs + settleMs;
const blocked: BuildJobStatus = { phase: 'Scheduling', conditions: [holds('Blocked', 'Unschedulable', '0/2 nodes are available')] };

describe('what Buildkite is told of a BuildJob that waits', () => {
  it.each([
    ['Unschedulable', 'Waiting for a node: words'],
    ['ImagePull', 'Waiting for an image: words'],
    ['QuotaExceeded', 'Waiting for room in the quota: words'],
    ['EnvironmentNotFound', 'Waiting for the BuildEnvironment: words'],
    ['SidecarFailed', 'Waiting (SidecarFailed): words'],
  ])('%s, once it has lasted', (reason, text) => {
    const job = reportedJob({ phase: 'Pending', conditions: [holds('Blocked', reason, 'words')] });
    expect(noticesDue(job, settled)).toStrictEqual({ notices: [{ topic: `waiting-${reason}`, text }] });
  });

  it('nothing of what may pass in a moment, but it is looked at again', () => {
    expect(noticesDue(reportedJob(blocked), sinceMs + 1000)).toStrictEqual({ notices: [], waitMs: settleMs - 1000 });
  });

  it('that another pod is made, for each anew, and its cause only once', () => {
    const lost = 'pod 1 of at most 3 was lost with its node';
    const conditions = [holds('PodReplaced', 'NodeLost', lost), holds('Blocked', 'NodeLost', lost)];
    const notice = { topic: 'replaced-1', text: `Another pod is made (NodeLost): ${lost}` };
    expect(noticesDue(reportedJob({ phase: 'Pending', podAttempts: 1, conditions }), settled)).toStrictEqual({ notices: [notice] });
    const again = noticesDue(reportedJob({ phase: 'Pending', podAttempts: 2, conditions }), settled);
    expect(again.notices.map(({ topic }) => topic)).toStrictEqual(['replaced-2']);
  });

  it.each(['OOMKilled', 'NodeLost', 'Evicted', 'Preempted'] as const)('%s of a job that runs, at once', reason => {
    const status: BuildJobStatus = { phase: 'Running', runningTime: '2026-01-01T00:00:00Z', reason, message: 'words' };
    expect(noticesDue(reportedJob(status), sinceMs).notices).toMatchObject([{ topic: `trouble-${reason}` }]);
  });

  it.each([
    ['has ended', reportedJob({ ...blocked, phase: 'Failed' })],
    ['is deleted', reportedJob(blocked, { deletionTimestamp: '2026-01-01T00:00:00Z' })],
    ['is made by hand', reportedJob(blocked, { finalizers: [] })],
    ['is being stopped', reportedJob({ ...blocked, conditions: [...(blocked.conditions ?? []), holds('Stopping', 'ImagePull', '')] })],
    ['is cancelled', { ...reportedJob(blocked), spec: { ...reportedJob().spec, cancelled: true } }],
    ['waits for nothing in particular', reportedJob({ phase: 'Pending', conditions: [] })],
  ])('nothing of one that %s', (_, job) => {
    expect(noticesDue(job, settled)).toStrictEqual({ notices: [] });
  });
});
