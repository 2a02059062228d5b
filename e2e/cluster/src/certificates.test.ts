import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority, subjectLine } from './certificates.ts';

describe('a certificate authority', () => {
  let directory: string;
  let authority: CertificateAuthority;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'certificates-'));
    authority = await CertificateAuthority.create(join(directory, 'pki'));
  });
  afterAll(async () => {
    await rm(directory, { recursive: true });
  });
  const read = async (path: string) => new X509Certificate(await readFile(path));

  it('keeps its folder from others', async () => {
    expect((await stat(join(directory, 'pki'))).mode & 0o777).toBe(0o700);
  });

  it('signs clients whose user and group Kubernetes can read', async () => {
    const signed = await read(
      (await authority.sign({ name: 'node', commonName: 'system:node:node-1', organization: 'system:nodes' })).certificate,
    );
    expect(signed.subject).toBe('O=system:nodes\nCN=system:node:node-1');
    expect(signed.ca).toBe(false);
    expect(signed.verify((await read(authority.certificate)).publicKey)).toBe(true);
  });

  it('signs servers for all their names, also when taken up again later', async () => {
    const later = CertificateAuthority.existing(join(directory, 'pki'));
    const signed = await read(
      (await later.sign({ name: 'server', commonName: 'server', alternativeNames: ['DNS:kubernetes', 'IP:10.0.0.1'] })).certificate,
    );
    expect(signed.subjectAltName).toBe('DNS:kubernetes, IP Address:10.0.0.1');
  });

  it('escapes what openssl would take for a separator', () => {
    expect(subjectLine({ name: 'x', commonName: 'a/b=c+d', organization: String.raw`e\f` })).toBe(String.raw`/O=e\\f/CN=a\/b\=c\+d`);
  });
});
