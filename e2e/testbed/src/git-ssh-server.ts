import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@buildkite-operator/e2e-cluster';
import { ensureDebianPackages, scratchDirectory } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';

/** A git server over SSH: OpenSSH's own sshd, which runs nothing but git's shell. */
export interface GitSshServer {
  /** Repositories are at `<url>/<name>.git`. */
  readonly url: string;
  /** The private key that it lets in, as text. */
  readonly privateKey: string;
  close(): Promise<void>;
}

/** Serves the repositories below `root` on a free port of this address. */
export async function startGitSshServer(root: string, host: string): Promise<GitSshServer> {
  await ensureDebianPackages(['openssh-server', 'openssh-client']);
  const scratch = await scratchDirectory('bkop-sshd-');
  const folder = scratch.path;
  const port = await freePort(host);
  for (const key of ['host', 'client']) await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
  writeFileSync(join(folder, 'authorized_keys'), readFileSync(join(folder, 'client.pub')), { mode: 0o600 });
  writeFileSync(join(folder, 'serve'), '#!/bin/sh\nexec git-shell -c "$SSH_ORIGINAL_COMMAND"\n', { mode: 0o755 });
  writeFileSync(join(folder, 'config'), configuration(folder, host, port));
  mkdirSync('/run/sshd', { recursive: true });
  const server = execa('setpriv', ['--pdeathsig', 'KILL', '/usr/sbin/sshd', '-D', '-e', '-f', join(folder, 'config')], {
    reject: false,
    stdout: 'ignore',
    stderr: { file: join(folder, 'log') },
  });
  return {
    url: `ssh://root@${host}:${port}${root}`,
    privateKey: readFileSync(join(folder, 'client'), 'utf8'),
    close: async () => {
      server.kill('SIGTERM');
      await server;
      await scratch[Symbol.asyncDispose]();
    },
  };
}

function configuration(folder: string, host: string, port: number): string {
  return [
    `ListenAddress ${host}:${port}`,
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    `PidFile ${join(folder, 'pid')}`,
    `ForceCommand ${join(folder, 'serve')}`,
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'StrictModes no',
    'AllowTcpForwarding no',
    'PermitTTY no',
    '',
  ].join('\n');
}
