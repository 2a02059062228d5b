import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../simulator.ts';
import { RawCaller, type RawJob } from '../testing/raw-agent.ts';
import { resetWithoutBreach, takeBreaches } from '../testing/referee-check.ts';

interface Announced {
  readonly artifact_ids: readonly string[];
  readonly per_artifact_instructions: Readonly<
    Record<
      string,
      { readonly action: { readonly url: string; readonly path: string }; readonly actions?: readonly { readonly url: string }[] }
    >
  >;
}

describe('the routes for the bytes of artifacts', () => {
  let simulator: Simulator;
  let job: RawJob;

  beforeAll(async () => {
    simulator = await startSimulator({ settings: { artifactMultipartThresholdBytes: 10, artifactPartSizeBytes: 4 } });
  });

  afterAll(() => simulator.stop());
  afterEach(() => resetWithoutBreach(simulator.control));

  async function announce(size: number): Promise<{ id: string; form: string; parts: readonly string[] }> {
    const caller = new RawCaller(simulator);
    const { id } = await simulator.control.createJob('a');
    job = await (await caller.register(simulator.agentToken)).start(id);
    const { body } = await job.call('POST', 'artifacts', {
      id: 'batch',
      artifacts: [{ path: 'f', file_size: size }],
      multipart_supported: true,
    });
    const { artifact_ids: ids, per_artifact_instructions: instructions } = body as Announced;
    const [artifact = ''] = ids;
    const how = instructions[artifact];
    if (how === undefined) throw new Error('no instructions');
    return { id: artifact, form: how.action.url + how.action.path, parts: how.actions?.map(({ url }) => url) ?? [] };
  }

  async function endWithout(): Promise<void> {
    await job.finish();
    expect(await takeBreaches(simulator.control)).toEqual(['artifact-never-finished']);
  }

  const form = (boundary: string, ...lines: readonly string[]) => ({
    body: lines.join('\r\n'),
    headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
  });

  it.each([
    ['another type', { body: 'abc', headers: { 'Content-Type': 'text/plain' } }],
    ['no boundary', { body: 'abc', headers: { 'Content-Type': 'multipart/form-data' } }],
    ['no form at all', form('x', 'abc')],
    ['no file', form('x', '--x', 'Content-Disposition: form-data; name="key"', '', 'v', '--x--', '')],
    ['a file of another name', form('x', '--x', 'Content-Disposition: form-data; name="other"; filename="n"', '', 'v', '--x--', '')],
    ['a form that breaks off', form('x', '--x', 'Content-Disposition: form-data; name="file"; filename="n"', '', 'v')],
  ])('refuse an upload with %s, and take it afterwards', async (_name, request) => {
    const { id, form: url } = await announce(5);
    expect((await fetch(url, { method: 'POST', ...request })).status).toBe(400);

    const good = new FormData();
    good.append('file', new Blob(['right']));
    expect((await fetch(url, { method: 'POST', body: good })).status).toBe(204);

    expect((await job.call('PUT', 'artifacts', { artifacts: [{ id, state: 'finished' }] })).status).toBe(200);
    expect((await simulator.control.artifactBytes(id)).toString()).toBe('right');
    await job.finish();
  });

  it('keep nothing of an upload that was cut off', async () => {
    const { id, form: url } = await announce(5);
    const { host, hostname, port, pathname } = new URL(url);
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        const head = `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 500\r\n\r\n`;
        socket.write(`${head}--x\r\nContent-Disposition: form-data; name="file"; filename="n"\r\n\r\nhal`, () => socket.destroy());
      });
      socket.on('close', () => resolve());
      socket.on('error', reject);
    });

    expect((await job.call('PUT', 'artifacts', { artifacts: [{ id, state: 'finished' }] })).status).toBe(422);
    expect(await takeBreaches(simulator.control)).toEqual(['artifact-mismatch']);
    await job.finish();
  });

  it('put parts together in order and hold the agent to their ETags', async () => {
    const { id, parts } = await announce(10);
    expect(parts).toHaveLength(3);
    const etags: { part_number: number; etag: string }[] = [];
    for (const [number, text] of [
      [3, 'ij'],
      [1, 'abcd'],
      [2, 'efgh'],
    ] as const) {
      const answer = await fetch(parts[number - 1] ?? '', { method: 'PUT', body: text });
      etags.push({ part_number: number, etag: answer.headers.get('etag') ?? '' });
    }
    const [wrong, ...rest] = etags;
    expect(
      (await job.call('PUT', 'artifacts', { artifacts: [{ id, state: 'finished', multipart: true, multipart_etags: rest }] })).status,
    ).toBe(422);
    expect(await takeBreaches(simulator.control)).toEqual(['artifact-mismatch']);
    expect(wrong?.etag).not.toBe('');
    const finished = { id, state: 'finished', multipart: true, multipart_etags: etags };
    expect((await job.call('PUT', 'artifacts', { artifacts: [finished] })).status).toBe(200);
    expect((await simulator.control.artifactBytes(id)).toString()).toBe('abcdefghij');
    await job.finish();
  });

  it.each([
    ['a part that is not there', (parts: readonly string[]) => parts[0]?.replace(/1$/, '9') ?? '', 'PUT', 404],
    ['a form where parts are due', (parts: readonly string[]) => parts[0]?.replace(/\/1$/, '') ?? '', 'POST', 422],
    ['an upload URL that nobody gave out', () => `${simulator.origin}/uploads/none`, 'POST', 404],
    ['a download URL that nobody signed', () => `${simulator.origin}/downloads/x/9999999999999/y`, 'GET', 403],
  ])('refuse %s', async (_name, url, method, status) => {
    const { parts } = await announce(10);

    expect((await fetch(url(parts), { method, ...(method === 'GET' ? {} : { body: 'x' }) })).status).toBe(status);
    await endWithout();
  });
});
