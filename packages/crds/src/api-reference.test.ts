import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { apiReference } from './api-reference.ts';
import type { KindDefinition } from './custom-resource-definition.ts';
import { kinds } from './kinds.ts';
import { schemaFields } from './schema-fields.ts';
import { toStructuralSchema } from './structural.ts';

const part = z.object({ key: z.string().max(5).meta({ description: 'The key | with a bar.' }) });
const sample: KindDefinition = {
  kind: 'Sample',
  plural: 'samples',
  shortNames: ['sa'],
  categories: ['all'],
  description: 'A sample.',
  spec: toStructuralSchema(
    z.object({
      size: z.int().min(1).max(9).default(3).meta({ description: 'Its size.' }),
      parts: z
        .array(part)
        .max(4)
        .meta({ description: 'Its parts.', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['key'] }),
      spare: part.optional().meta({ description: 'A spare part.' }),
      labels: z.record(z.string(), z.union([z.int(), z.string()])).optional(),
      colour: z.enum(['red', 'green']).optional(),
      word: z.string().regex(/^a+$/).optional(),
      extra: z.looseObject({}).optional(),
    }),
  ),
  rules: [],
  immutableOnce: { statusField: 'pod', except: ['size'], because: 'it runs' },
  printerColumns: [],
};

describe('the API reference', () => {
  const page = apiReference([sample], [{ title: 'Moods', intro: 'How it feels.', words: { Calm: 'All is well.' } }]);

  it.each([
    ['type, default, bounds and description', '| `size` | integer | `3` | 1 to 9 | Its size. |'],
    [
      'required fields in bold, a link to the section of an object',
      '| **`parts`** | [list of objects](#sample-specparts) |  | at most 4 entries; each key once | Its parts. |',
    ],
    ['a link to a shape that was shown before', '| `spare` | [object](#sample-specparts) |  |  | A spare part. |'],
    ['what maps hold', '| `labels` | map of integers or strings |'],
    ['words', '| `colour` | string |  | one of `red`, `green` |'],
    ['patterns', '| `word` | string |  | matches `^a+$` |'],
    ['what is passed on', '| `extra` | object, passed on as it is |'],
    ['bars escaped', 'The key \\| with a bar.'],
    ['when the spec becomes fixed', 'once `status.pod` is set, no field of the spec but `size` may change: it runs'],
    ['the lists of words', '| `Calm` | All is well. |'],
  ])('shows %s', (_what, line) => {
    expect(page).toContain(line);
  });

  it('has each link lead to a heading', () => {
    const whole = apiReference(kinds, []);
    const headings = new Set(
      [...whole.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
        title
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      ),
    );
    const links = [...whole.matchAll(/\]\(#([^)]*)\)/g)].map(([, target = '']) => target);
    expect(links).not.toHaveLength(0);
    expect(links.filter(target => !headings.has(target))).toEqual([]);
  });

  it('shows every field of every kind', () => {
    const whole = apiReference(kinds, []);
    const names = kinds.flatMap(({ spec, status = {} }) => [...schemaFields(spec, 'spec'), ...schemaFields(status, 'status')]);
    expect(names.filter(({ path }) => !whole.includes(`\`${path.split('.').at(-1)}\``))).toEqual([]);
  });
});
