import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ensureGoTools, goToolSets } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';
import { waitUntil } from './wait-until.ts';

let kubectlPath: string;
beforeAll(async () => {
  kubectlPath = join(await ensureGoTools(goToolSets.kubernetes), 'kubectl');
});

describe('an API server', () => {
  let server: ApiServer;
  const kubectl = (...parameters: string[]) => execa(kubectlPath, [`--kubeconfig=${server.kubeconfigPath}`, ...parameters]);

  beforeAll(async () => {
    server = await startApiServer();
  });
  afterAll(async () => {
    await server.stop();
  });

  it('answers its administrator, and refuses what a user without a role asks', async () => {
    const allowed = await kubectl('auth', 'can-i', 'create', 'pods');
    expect(allowed.stdout).toBe('yes');
    const refused = await kubectl('auth', 'can-i', 'create', 'pods', '--as=nobody').catch((error: unknown) => error);
    expect(refused).toMatchObject({ stdout: 'no', exitCode: 1 });
  });

  it('accepts a pod although nothing makes service accounts', async () => {
    const { stdout } = await kubectl('run', 'probe', '--image=example.org/none', '--dry-run=server', '--output=name');
    expect(stdout).toBe('pod/probe');
  });

  it('keeps its objects and its address when it is killed and started again', async () => {
    await kubectl('create', 'configmap', 'kept', '--from-literal=answer=42');
    const { url } = server;
    await server.kill();
    await expect(kubectl('get', 'configmap', 'kept')).rejects.toThrow(/refused/);
    await server.start();
    expect(server.url).toBe(url);
    const { stdout } = await kubectl('get', 'configmap', 'kept', '--output=jsonpath={.data.answer}');
    expect(stdout).toBe('42');
  });

  it('streams its lists to watches that ask for initial events', async () => {
    const { stdout } = await kubectl(
      'get',
      '--raw',
      '/api/v1/namespaces/default/configmaps?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1',
    );
    expect(stdout).toContain('"k8s.io/initial-events-end":"true"');
  });

  it('runs beside another one', async () => {
    await using other = await startApiServer();
    expect(other.url).not.toBe(server.url);
  });
});

describe('starting an API server', () => {
  // A folder of our own, since other tests start API servers at the same time.
  let temporary: string;
  beforeEach(() => {
    temporary = mkdtempSync(join(tmpdir(), 'api-server-test-'));
    vi.stubEnv('TMPDIR', temporary);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(temporary, { recursive: true });
  });

  it('names the end of the log when a flag is wrong, and leaves nothing', async () => {
    await expect(startApiServer({ extraFlags: ['--no-such-flag'] })).rejects.toThrow(/unknown flag: --no-such-flag/);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('stops what it began when it is aborted', async () => {
    await expect(startApiServer({ signal: AbortSignal.timeout(500) })).rejects.toThrow(/timeout/);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe('the end of the process that started an API server', () => {
  it('ends etcd and kube-apiserver and removes their folder, even after SIGKILL', async () => {
    const script = `import { startApiServer } from ${JSON.stringify(join(import.meta.dirname, 'api-server.ts'))};
      const server = await startApiServer(); console.log(server.directory); setInterval(() => {}, 1000);`;
    const parent = execa(process.execPath, ['--input-type=module', '--eval', script], { reject: false });
    const directory = await firstLine(parent.stdout);
    expect(processesNaming(directory)).toHaveLength(3);
    parent.kill('SIGKILL');
    await parent;
    await waitUntil(async () => processesNaming(directory).length === 0 && !existsSync(directory), {
      what: `everything of ${directory} to be gone`,
      timeoutMs: 10_000,
    });
  });
});

async function firstLine(output: Readable): Promise<string> {
  const [chunk] = await once(output, 'data', { signal: AbortSignal.timeout(60_000) });
  return String(chunk).trim();
}

/** Processes with the text in their command line. */
function processesNaming(text: string): string[] {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name) && commandLine(name).includes(text));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
