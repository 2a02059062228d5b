import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot, say, step } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';
import type { Failure, Tally } from './tally.ts';

interface Check {
  readonly title: string;
  readonly command: readonly [string, ...string[]];
  /** Relative to the repository; its root when unset. */
  readonly directory?: string;
}

const checks: readonly Check[] = [
  { title: 'Generated CRDs and API reference are up to date', command: ['node', 'packages/crds/src/generate.ts', '--check'] },
  { title: 'Reference of the configuration is up to date', command: ['node', 'packages/config/src/generate.ts', '--check'] },
  { title: 'Lint with types', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { title: 'Format', command: ['biome', 'ci'] },
  { title: 'Types and bundles of every package', command: ['turbo', 'run', 'build', 'bundle', '--output-logs=errors-only'] },
  { title: 'Go tests of the glob stand-in', command: ['go', 'test', './...'], directory: 'services/agent/zzglob' },
  { title: 'Go tests of the environment filter', command: ['go', 'test', './...'], directory: 'services/agent/environment-filter' },
];

const shownLogLines = 60;

/** Everything that is checked without running the product; each check counts as one. */
export async function runChecks(signal: AbortSignal): Promise<Tally> {
  const failures: Failure[] = [];
  for (const check of checks) {
    signal.throwIfAborted();
    const failure = await failureOf(check);
    if (failure !== undefined) failures.push(failure);
  }
  return { passed: checks.length - failures.length, failed: failures.length, failures };
}

/** Runs the check. When it fails, the end of its log says why. */
async function failureOf({ title, command: [program, ...args], directory = '' }: Check): Promise<Failure | undefined> {
  let log = '';
  try {
    await step(title, async ({ logPath }) => {
      log = logPath;
      const file = { file: logPath, append: true } as const;
      const env = { TURBO_TELEMETRY_DISABLED: '1', NO_COLOR: '1' };
      await execa(program, args, {
        cwd: join(repositoryRoot, directory),
        preferLocal: true,
        localDir: repositoryRoot,
        env,
        stdout: file,
        stderr: file,
      });
    });
    return undefined;
  } catch {
    const message = readFileSync(log, 'utf8').split('\n').slice(-shownLogLines).join('\n');
    say(message);
    return { test: title, message };
  }
}
