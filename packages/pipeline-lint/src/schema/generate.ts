import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findDrift, repairDrift } from '@buildkite-operator/crds/toolkit';
import { generatedSchema, schemaFolder } from './generated-schema.ts';

/** `pnpm gen`: writes the schema for editors. With `--check` it writes nothing, and fails when it is not current. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const root = resolve(import.meta.dirname, '../../../..');
  const files = generatedSchema();
  const drift = await (values.check ? findDrift(root, files, schemaFolder) : repairDrift(root, files, schemaFolder));
  for (const { path, fault } of drift) process.stdout.write(`${path}: ${fault}\n`);
  if (values.check && drift.length > 0) {
    process.stdout.write('Run `pnpm gen` and commit what it writes.\n');
    process.exitCode = 1;
  }
}

await main();
