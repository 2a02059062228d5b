// First word of every root script: pnpm only warns when its automatic install fails, so this stops the run instead.
// Plain JavaScript without imports of ours, because it must also run on the old Node that started pnpm.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const major = Number(process.versions.node.split('.')[0]);
const problems = [];
if (!existsSync(join(root, 'node_modules', 'turbo'))) {
  problems.push('the dependencies are not installed: run `npx -y pnpm@12.21.0 install --frozen-lockfile` and read its error');
}
if (major < 24) {
  problems.push(
    `this is Node ${process.versions.node}, but 24 or newer is needed; the project brings its own as a dependency ` +
      '(node_modules/.bin/node): run scripts through `npx -y pnpm@12.21.0 <script>`',
  );
}
if (problems.length > 0) {
  for (const problem of problems) console.error(`error: ${problem}`);
  process.exit(1);
}
