import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';

/** The reviewed pods, one file for each good job. */
export const goldenFolder = resolve(import.meta.dirname, '../golden');

/** Written anew only when UPDATE_GOLDEN=1; the difference is then for a person to review. */
const update = process.env['UPDATE_GOLDEN'] === '1';

/** The golden text of that name, made from `value` first where goldens are updated. */
export function golden(name: string, value: unknown): { readonly text: string; readonly expected: string } {
  const path = join(goldenFolder, `${name}.yaml`);
  const text = stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
  if (update) {
    mkdirSync(goldenFolder, { recursive: true });
    writeFileSync(path, text);
  }
  return { text, expected: existsSync(path) ? readFileSync(path, 'utf8') : `${path} does not exist: UPDATE_GOLDEN=1 writes it` };
}

/** The names of all golden files. */
export function goldenNames(): string[] {
  return readdirSync(goldenFolder).map(file => file.replace(/\.yaml$/, ''));
}
