import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureGoTools, goToolSets } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';

/** A real image registry on a free port of this machine. It ends with its test, however that ends. */
export interface RegistryProcess extends AsyncDisposable {
  /** `HOST:PORT` */
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/** Starts a registry with an empty storage, and waits until it answers. `settings` are its own environment variables. */
export async function startRegistry(settings: Readonly<Record<string, string>> = {}): Promise<RegistryProcess> {
  const program = join(await ensureGoTools(goToolSets.registry), 'registry');
  const folder = await mkdtemp(join(tmpdir(), 'registry-'));
  const address = `127.0.0.1:${await freePort()}`;
  const settingsFile = join(folder, 'registry.yml');
  await writeFile(settingsFile, `version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: ${folder}/data\nhttp:\n  addr: ${address}\n`);
  const child = execa('setpriv', ['--pdeathsig', 'KILL', program, 'serve', settingsFile], {
    env: { OTEL_TRACES_EXPORTER: 'none', ...settings },
    reject: false,
    buffer: false,
    stdout: 'ignore',
    stderr: 'ignore',
  });
  const stop = async () => {
    child.kill('SIGKILL');
    await child;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await waitUntilItAnswers(address);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, stop, [Symbol.asyncDispose]: stop };
}

async function waitUntilItAnswers(address: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      const response = await fetch(`http://${address}/v2/`, { signal: AbortSignal.timeout(1000) });
      if (response.ok) return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await delay(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise(resolve => {
    server.close(resolve);
  });
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}
