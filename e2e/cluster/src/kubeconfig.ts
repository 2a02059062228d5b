import { readFile, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { KeyPair } from './certificates.ts';

/** A kubeconfig with one cluster and one user who shows a client certificate; everything it needs is inside. */
export function renderKubeconfig(options: {
  readonly name: string;
  readonly server: string;
  readonly authority: Buffer;
  readonly certificate: Buffer;
  readonly key: Buffer;
}): string {
  const { name } = options;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server: options.server, 'certificate-authority-data': options.authority.toString('base64') } }],
    users: [
      {
        name,
        user: { 'client-certificate-data': options.certificate.toString('base64'), 'client-key-data': options.key.toString('base64') },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
}

/** Writes a kubeconfig that only its owner can read. */
export async function writeKubeconfig(
  path: string,
  options: { readonly name: string; readonly server: string; readonly authority: string; readonly pair: KeyPair },
): Promise<void> {
  const [authority, certificate, key] = await Promise.all([
    readFile(options.authority),
    readFile(options.pair.certificate),
    readFile(options.pair.key),
  ]);
  await writeFile(path, renderKubeconfig({ name: options.name, server: options.server, authority, certificate, key }), { mode: 0o600 });
}
