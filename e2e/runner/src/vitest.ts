import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot, step } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';
import { z } from 'zod';
import type { Tally } from './tally.ts';

/** The part of vitest's JSON report that we count. */
const report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  numFailedTestSuites: z.int(),
});

/**
 * Runs one vitest project, with its output on the terminal, and counts its tests. A skipped test counts as failed, and so does
 * a run that breaks off or finds no test.
 */
export async function runVitest(project: string, filters: readonly string[] = []): Promise<Tally> {
  return step(`Tests: ${project}${filters.length > 0 ? ` (${filters.join(' ')})` : ''}`, async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'bkop-vitest-'));
    const file = join(scratch, 'report.json');
    try {
      const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
      const { exitCode } = await execa('vitest', ['run', '--project', project, ...reporters, ...filters], {
        cwd: repositoryRoot,
        stdio: ['ignore', 'inherit', 'inherit'],
        preferLocal: true,
        localDir: repositoryRoot,
        reject: false,
      });
      return count(readReport(file), exitCode);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
}

function readReport(file: string): z.output<typeof report> | undefined {
  try {
    return report.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function count(counts: z.output<typeof report> | undefined, exitCode: number | undefined): Tally {
  if (counts === undefined) return { passed: 0, failed: 1 };
  const passed = counts.numPassedTests;
  const failed = counts.numFailedTests + counts.numPendingTests + counts.numTodoTests;
  // A suite that cannot be loaded, or an unhandled error, fails the run without failing a test.
  const broken = failed === 0 && (exitCode !== 0 || counts.numFailedTestSuites > 0 || passed === 0);
  return { passed, failed: broken ? failed + 1 : failed };
}
