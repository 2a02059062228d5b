import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { repositoryRoot, step } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';
import { z } from 'zod';
import type { Failure, Tally } from './tally.ts';

/** The part of vitest's JSON report that we count and repeat. */
const report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  numFailedTestSuites: z.int(),
  testResults: z.array(
    z.object({
      /** The file's path. */
      name: z.string(),
      status: z.string(),
      /** Why the file itself failed. */
      message: z.string().default(''),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()).nullish() })),
    }),
  ),
});

/** How long an interrupted run may take to remove the operator and its servers, in milliseconds. */
const teardownMs = 150_000;

/**
 * Runs one vitest project, with its output on the terminal, and counts its tests. A skipped test counts as failed, and so does
 * a run that breaks off or finds no test. Throws the signal's reason when it is aborted.
 */
export async function runVitest(project: string, signal: AbortSignal): Promise<Tally> {
  signal.throwIfAborted();
  return step(`Tests: ${project}`, async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'bkop-vitest-'));
    const file = join(scratch, 'report.json');
    try {
      const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
      const { exitCode } = await execa('vitest', ['run', '--project', project, ...reporters], {
        cwd: repositoryRoot,
        stdio: ['ignore', 'inherit', 'inherit'],
        preferLocal: true,
        localDir: repositoryRoot,
        reject: false,
        // It then takes down what its tests stand on.
        cancelSignal: signal,
        forceKillAfterDelay: teardownMs,
      });
      signal.throwIfAborted();
      return count(project, readReport(file), exitCode);
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

function count(project: string, counts: z.output<typeof report> | undefined, exitCode: number | undefined): Tally {
  if (counts === undefined) return { passed: 0, failed: 1, failures: [{ test: project, message: 'it broke off without a report' }] };
  const passed = counts.numPassedTests;
  const failed = counts.numFailedTests + counts.numPendingTests + counts.numTodoTests;
  // A suite that cannot be loaded, or an unhandled error, fails the run without failing a test.
  const broken = failed === 0 && (exitCode !== 0 || counts.numFailedTestSuites > 0 || passed === 0);
  const failures = failuresOf(project, counts);
  if (broken && failures.length === 0)
    failures.push({ test: project, message: `vitest ended with ${exitCode}; its output above says why` });
  return { passed, failed: broken ? failed + 1 : failed, failures };
}

function failuresOf(project: string, { testResults }: z.output<typeof report>): Failure[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = `${project}: ${relative(repositoryRoot, name)}`;
    const tests = assertionResults
      .filter(result => result.status !== 'passed')
      .map(result => ({
        test: `${file}: ${result.fullName}`,
        message: stripVTControlCharacters(result.failureMessages?.join('\n') || result.status),
      }));
    return tests.length === 0 && status !== 'passed' ? [{ test: file, message: stripVTControlCharacters(message) }] : tests;
  });
}
