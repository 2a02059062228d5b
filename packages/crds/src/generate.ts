import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findDrift, repairDrift } from './generated-drift.ts';
import { crdFolder, generatedFiles } from './generated-files.ts';

/** `pnpm gen`: writes the CRDs and the API reference. With `--check` it writes nothing, and fails when one of them is not current. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const root = resolve(import.meta.dirname, '../../..');
  const files = generatedFiles();
  const drift = await (values.check ? findDrift(root, files, crdFolder) : repairDrift(root, files, crdFolder));
  for (const { path, fault } of drift) process.stdout.write(`${path}: ${fault}\n`);
  if (values.check && drift.length > 0) {
    process.stdout.write('Run `pnpm gen` and commit what it writes.\n');
    process.exitCode = 1;
    return;
  }
  process.stdout.write(`${files.size} generated files are current\n`);
}

await main();
