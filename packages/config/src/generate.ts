import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findDrift, repairDrift } from '@buildkite-operator/crds/toolkit';
import { generatedFiles } from './generated-files.ts';

/** `pnpm gen`: writes the reference of the configuration. With `--check` it writes nothing, and fails when it is not current. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const root = resolve(import.meta.dirname, '../../..');
  const drift = await (values.check ? findDrift(root, generatedFiles()) : repairDrift(root, generatedFiles()));
  for (const { path, fault } of drift) process.stdout.write(`${path}: ${fault}\n`);
  if (!values.check || drift.length === 0) return;
  process.stdout.write('Run `pnpm gen` and commit what it writes.\n');
  process.exitCode = 1;
}

await main();
