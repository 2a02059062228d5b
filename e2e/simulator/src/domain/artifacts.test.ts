import { describe, expect, it } from 'vitest';
import { FakeWorld, jobNamed } from '../testing/fake-world.ts';
import { type ArtifactSearch, createArtifacts, DownloadSigner, searchArtifacts } from './artifacts.ts';
import { retryJob } from './intervene.ts';
import type { Artifact, Job } from './records.ts';

const file = (path: string, fileSize = 1) => ({
  path,
  absolutePath: `/${path}`,
  fileSize,
  sha1sum: '',
  sha256sum: '',
  contentType: 'text/plain',
  uploadDestination: '',
});

function store(fake: FakeWorld, job: Job, ...paths: readonly string[]): readonly Artifact[] {
  fake.pass(1);
  const artifacts = createArtifacts(fake.world, job, { id: paths.join(), files: paths.map(path => file(path)), multipartSupported: true });
  for (const artifact of artifacts) artifact.state = 'finished';
  return artifacts;
}

describe('artifacts', () => {
  it('are made once for a batch, however often it is announced', () => {
    const fake = new FakeWorld();
    const job = jobNamed(fake.build('steps: [{command: a}]'), 'a');

    expect(store(fake, job, 'x', 'y')).toBe(store(fake, job, 'x', 'y'));
    expect(fake.world.artifacts.size).toBe(2);
  });

  it.each([
    [99, true, 0],
    [100, true, 4],
    [101, true, 5],
    [100, false, 0],
  ])('of %i bytes, with parts allowed: %s, are uploaded in %i parts', (size, multipartSupported, parts) => {
    const fake = new FakeWorld({ artifactMultipartThresholdBytes: 100, artifactPartSizeBytes: 25 });
    const job = jobNamed(fake.build('steps: [{command: a}]'), 'a');

    expect(createArtifacts(fake.world, job, { id: '1', files: [file('x', size)], multipartSupported })).toMatchObject([{ parts }]);
  });

  it('are refused as a batch when one is too large', () => {
    const fake = new FakeWorld({ artifactMaxSizeBytes: 10 });
    const job = jobNamed(fake.build('steps: [{command: a}]'), 'a');

    expect(() => createArtifacts(fake.world, job, { id: '1', files: [file('x'), file('big', 11)], multipartSupported: true })).toThrow(
      'big has 11 bytes',
    );
    expect(fake.world.artifacts.size).toBe(0);
  });

  it('are found by query, step and job, without those of retried jobs and older ones of the same path', () => {
    const fake = new FakeWorld();
    const build = fake.build('steps: [{command: a, key: ka}, {command: b}]');
    const first = jobNamed(build, 'ka');
    const b = jobNamed(build, 'b');
    store(fake, first, 'out/old', 'out/same');
    fake.run(first, 1);
    retryJob(fake.world, first);
    const second = jobNamed(build, 'ka');
    store(fake, second, 'out/same', 'out/new');
    store(fake, b, 'out/same', 'other');
    const find = (search: Partial<ArtifactSearch>) =>
      searchArtifacts(build, { query: '*', includeRetriedJobs: false, includeDuplicates: false, ...search }).map(
        ({ path, jobId }) => `${path} ${jobId === first.id ? 1 : jobId === second.id ? 2 : 'b'}`,
      );

    expect(find({})).toEqual(['out/new 2', 'out/same b', 'other b']);
    expect(find({ query: 'out/*' })).toEqual(['out/new 2', 'out/same b']);
    expect(find({ includeDuplicates: true, query: 'out/same' })).toEqual(['out/same 2', 'out/same b']);
    expect(find({ includeRetriedJobs: true, includeDuplicates: true, query: 'out/*' })).toEqual([
      'out/old 1',
      'out/same 1',
      'out/same 2',
      'out/new 2',
      'out/same b',
    ]);
    expect(find({ scope: 'ka' })).toEqual(['out/same 2', 'out/new 2']);
    expect(find({ scope: b.step.id, query: 'out/same' })).toEqual(['out/same b']);
    expect(find({ scope: b.id, state: 'error' })).toEqual([]);
  });

  it('have download URLs that are good for a time and for one artifact only', () => {
    const fake = new FakeWorld({ artifactUrlTtlMs: 100 });
    const [artifact] = store(fake, jobNamed(fake.build('steps: [{command: a}]'), 'a'), 'x');
    if (artifact === undefined) throw new Error('no artifact');
    const signer = new DownloadSigner();
    const [, , , , id = '', expires = '', signature = ''] = signer.url(fake.world, artifact).split('/');
    const isGood = (...[who = id, when = Number(expires), what = signature]: readonly [string?, number?, string?]) =>
      signer.isGood(fake.world, who, when, what);

    expect(id).toBe(artifact.id);
    expect(isGood()).toBe(true);
    expect([isGood('other'), isGood(id, Number(expires) + 1), isGood(id, Number(expires), 'x')]).toEqual([false, false, false]);
    fake.pass(100);
    expect(isGood()).toBe(false);
  });
});
