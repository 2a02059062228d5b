import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, createMetricsRegistry } from '@buildkite-operator/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CertificateMetrics } from './certificate-metrics.ts';
import { issueAuthority, issueServing, type PemPair } from './issue.ts';
import { MountedCertificate } from './mounted-certificate.ts';

/** A volume as the kubelet makes it of a Secret: the files are links through `..data`, which is replaced as a whole. */
class SecretVolume {
  readonly path: string;
  #version = 0;

  constructor(path: string) {
    this.path = path;
  }

  async write({ certificate, key }: PemPair): Promise<void> {
    this.#version += 1;
    const version = `..v${this.#version}`;
    await mkdir(join(this.path, version));
    await writeFile(join(this.path, version, 'tls.crt'), certificate);
    await writeFile(join(this.path, version, 'tls.key'), key);
    await symlink(version, join(this.path, '..data_tmp'));
    await rename(join(this.path, '..data_tmp'), join(this.path, '..data'));
    if (this.#version > 1) return;
    for (const name of ['tls.crt', 'tls.key']) await symlink(join('..data', name), join(this.path, name));
  }
}

describe('a mounted certificate', () => {
  let volume: SecretVolume;
  let stop: AbortController;
  let running: Promise<void>;
  let source: MountedCertificate;
  const served: string[] = [];

  beforeEach(async () => {
    served.length = 0;
    volume = new SecretVolume(await mkdtemp(join(tmpdir(), 'bkop-mounted-')));
    stop = new AbortController();
  });
  afterEach(async () => {
    stop.abort();
    await running;
    await rm(volume.path, { recursive: true });
  });

  const start = (pollMs = 60_000) => {
    const metrics = new CertificateMetrics(createMetricsRegistry('test'));
    const logger = createLogger('test', 'silent');
    const serve = ({ certificate }: PemPair) => void served.push(certificate);
    source = new MountedCertificate({ directory: volume.path, serve, metrics, logger, pollMs });
    running = source.run(stop.signal);
  };
  const pair = async () => {
    const times = { now: Date.now(), lifetimeMs: 600_000 };
    return issueServing(await issueAuthority(times), { ...times, names: ['a'] });
  };
  const waited = { timeout: 15_000 };

  it('is served, and so is what replaces it, without waiting for the poll', async () => {
    const [first, second] = [await pair(), await pair()];
    await volume.write(first);
    start();
    await vi.waitFor(() => expect(served).toEqual([first.certificate]), waited);
    expect(source.missing()).toBeUndefined();
    await volume.write(second);
    await vi.waitFor(() => expect(served).toEqual([first.certificate, second.certificate]), waited);
  });

  it('stays when it is replaced by rubbish or by a key of another, until a good one comes', async () => {
    const [first, second] = [await pair(), await pair()];
    await volume.write(first);
    start(20);
    await vi.waitFor(() => expect(served).toHaveLength(1), waited);
    await volume.write({ certificate: 'rubbish', key: 'rubbish' });
    await volume.write({ certificate: second.certificate, key: first.key });
    await volume.write(second);
    await vi.waitFor(() => expect(served).toEqual([first.certificate, second.certificate]), waited);
  });

  it('is missing, and says where, until the files are there', async () => {
    start(20);
    expect(source.missing()).toContain(volume.path);
    await volume.write(await pair());
    await vi.waitFor(() => expect(source.missing()).toBeUndefined(), waited);
  });
});
