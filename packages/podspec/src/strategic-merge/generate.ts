/**
 * Writes merge-keys.ts from the OpenAPI document of a real API server, which it starts and stops.
 * With `--check` it writes nothing and fails when the file is out of date.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startApiServer } from '@buildkite-operator/e2e-cluster';
import { requestsTo } from './oracle/api-server-requests.ts';
import { generatedMergeKeys } from './oracle/generated-merge-keys.ts';

const file = join(import.meta.dirname, 'merge-keys.ts');

await using server = await startApiServer();
const send = await requestsTo(server);
const generated = await generatedMergeKeys(send);

if (!process.argv.includes('--check')) await writeFile(file, generated);
else if ((await readFile(file, 'utf8')) !== generated) {
  process.stderr.write(`${file} is out of date: run "node packages/podspec/src/strategic-merge/generate.ts"\n`);
  process.exitCode = 1;
}
