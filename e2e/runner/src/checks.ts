import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot, say, step } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';
import type { Tally } from './tally.ts';

interface Check {
  readonly title: string;
  readonly command: readonly [string, ...string[]];
  /** Relative to the repository; its root when unset. */
  readonly directory?: string;
}

const checks: readonly Check[] = [
  { title: 'Generated CRDs and API reference are up to date', command: ['node', 'packages/crds/src/generate.ts', '--check'] },
  { title: 'Lint with types', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { title: 'Format', command: ['biome', 'ci'] },
  { title: 'Types and bundles of every package', command: ['turbo', 'run', 'build', 'bundle', '--output-logs=errors-only'] },
  { title: 'Go tests of the glob stand-in', command: ['go', 'test', './...'], directory: 'services/agent/zzglob' },
];

const shownLogLines = 60;

/** Everything that is checked without running the product; each check counts as one, and a failed one shows the end of its log. */
export async function runChecks(): Promise<Tally> {
  let failed = 0;
  for (const check of checks) if (!(await passes(check))) failed += 1;
  return { passed: checks.length - failed, failed };
}

async function passes({ title, command: [program, ...args], directory = '' }: Check): Promise<boolean> {
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
    return true;
  } catch {
    say(readFileSync(log, 'utf8').split('\n').slice(-shownLogLines).join('\n'));
    return false;
  }
}
