import { describe, expect, it } from 'vitest';
import { type JobKindName, jobKindNames, jobKinds } from '../plan/job-kinds.ts';
import { type JobFacts, judgeJobs } from './judge-jobs.ts';

const good: JobFacts = {
  job: { id: 'j1', state: 'finished', passed: true, exitStatus: 0 },
  runs: 1,
  marks: 1,
  artifacts: [],
  metaData: undefined,
};
const by = (endedBy: 'stack' | 'cancel', state: 'finished' | 'canceled', detail?: string): JobFacts => ({
  ...good,
  job: { id: 'j1', state, passed: false, exitStatus: -1, endedBy, detail },
  runs: 0,
  marks: 0,
});
const failed = (exitStatus: number): JobFacts => ({ ...good, job: { ...good.job, passed: false, exitStatus } });
const artifact = { path: 'ran-j1.txt', state: 'finished' };

/** The jobs of a step of each kind, as they must be. */
const right: Readonly<Record<JobKindName, readonly JobFacts[]>> = {
  plain: [good],
  failing: [failed(3)],
  softFailing: [{ ...failed(4), job: { ...failed(4).job, softFailed: true } }],
  artifact: [{ ...good, artifacts: [artifact] }],
  metaData: [{ ...good, metaData: 'yes' }],
  retried: [failed(7), good],
  cancelled: [by('cancel', 'canceled')],
  longCommand: [good],
  unschedulable: [by('stack', 'finished', 'no node fits')],
  missingImage: [by('stack', 'finished', 'the image cannot be pulled')],
  unknownKey: [by('stack', 'finished', 'there is no key imege')],
};

const judge = (kind: JobKindName, jobs: readonly JobFacts[]) => judgeJobs([{ step: { key: 's', kind }, jobs }]);

describe('the verdict over jobs', () => {
  it.for(jobKindNames)('has nothing to say of one of kind %s that is as it must be', kind => {
    expect(judge(kind, right[kind])).toEqual([]);
  });

  it.for(jobKindNames)('of kind %s names what ran twice, what never ended, and what is missing', kind => {
    const twice = right[kind].map(facts => ({ ...facts, runs: 2, marks: 2 }));
    expect(judge(kind, twice).join()).toContain('after 2 runs');
    const open = right[kind].map(facts => ({ ...facts, job: { ...facts.job, state: 'reserved' as const } }));
    expect(judge(kind, open).join()).toContain('is still reserved');
    expect(judge(kind, right[kind].slice(1)).join()).toContain(`not ${jobKinds[kind].endings.length}`);
  });

  it('allows a cancelled job to have begun, or to have been quicker', () => {
    expect(judge('cancelled', [{ ...good, job: { ...good.job, state: 'canceled', passed: false, exitStatus: -1 }, marks: 0 }])).toEqual([]);
    expect(judge('cancelled', [good])).toEqual([]);
  });

  it.for<{ what: string; kind: JobKindName; jobs: readonly JobFacts[] }>([
    { what: 'a job that should run and did not', kind: 'plain', jobs: [{ ...good, runs: 0, marks: 0 }] },
    { what: 'a run that the log does not know', kind: 'plain', jobs: [{ ...good, marks: 0 }] },
    { what: 'another exit status', kind: 'failing', jobs: [failed(1)] },
    { what: 'a job that its agent lost', kind: 'plain', jobs: [{ ...good, job: { ...good.job, endedBy: 'agent-lost' } }] },
    { what: 'an artifact that never arrived', kind: 'artifact', jobs: [{ ...good, artifacts: [{ ...artifact, state: 'new' }] }] },
    { what: 'an artifact too many', kind: 'artifact', jobs: [{ ...good, artifacts: [artifact, artifact] }] },
    { what: 'meta-data that is not there', kind: 'metaData', jobs: [good] },
    { what: 'a reason that names nothing', kind: 'unknownKey', jobs: [by('stack', 'finished', 'failed')] },
  ])('names $what', ({ kind, jobs }) => {
    expect(judge(kind, jobs)).toHaveLength(1);
  });
});
