import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyTables, keyTablesAsMarkdown } from './key-table.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/kubernetes-plugin.md'), 'utf8').split('\n');

describe('docs/kubernetes-plugin.md', () => {
  it.each(keyTables)('has the table "$heading", row by row', ({ heading }) => {
    const start = page.indexOf(`### ${heading}`);
    const rows = page.slice(start + 1).filter(line => line !== '');
    const end = rows.findIndex(line => line.startsWith('#'));
    const table = rows.slice(0, end < 0 ? undefined : end).filter(line => line.startsWith('|'));
    expect(start).toBeGreaterThan(0);
    expect(table).toEqual(keyTablesAsMarkdown().get(heading));
  });

  it('has no other table of keys', () => {
    expect(page.filter(line => line.startsWith('### '))).toEqual(keyTables.map(({ heading }) => `### ${heading}`));
  });
});
