import { readFile } from 'node:fs/promises';
import { reasonNames } from '@buildkite-operator/crds';
import { expect, it } from 'vitest';

const columns = 6;

it('the page of reasons has each of them once, in the order of the list, and says all that it promises of each', async () => {
  const page = await readFile(new URL('../../../../docs/reasons.md', import.meta.url), 'utf8');
  const rows = page
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .map(line =>
      line
        .slice(1, -1)
        .split('|')
        .map(cell => cell.trim()),
    );
  expect(rows.map(([reason]) => reason)).toStrictEqual(reasonNames.map(name => `\`${name}\``));
  expect(rows.filter(cells => cells.length !== columns || cells.some(cell => cell === ''))).toStrictEqual([]);
});
