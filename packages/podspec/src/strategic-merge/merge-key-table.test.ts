import { describe, expect, it } from 'vitest';
import { mergeKeyTable, renderMergeKeys } from './merge-key-table.ts';

const prefix = '#/definitions/';
const merges = (key?: string) => ({
  type: 'array',
  'x-kubernetes-patch-strategy': 'merge',
  ...(key !== undefined && { 'x-kubernetes-patch-merge-key': key }),
});

/** A document with the given properties by definition. */
function openApi(definitions: Record<string, Record<string, unknown>>): unknown {
  const entries = Object.entries(definitions).map(([name, properties]) => [name, { properties }]);
  return { info: { version: 'v1.2.3' }, definitions: Object.fromEntries(entries) };
}

describe('the table of merge keys', () => {
  it('holds the fields that merge, and those that lead to one, through objects and lists', () => {
    const document = openApi({
      'v1.Root': {
        parts: { type: 'array', items: { $ref: `${prefix}v1.Part` } },
        name: { type: 'string' },
        bare: { $ref: `${prefix}v1.Bare` },
      },
      'v1.Part': { list: { ...merges('id'), items: { $ref: `${prefix}v1.Bare` } }, names: { ...merges(), items: { type: 'string' } } },
      'v1.Bare': { value: { type: 'string' } },
      'v1.Other': { list: merges('id') },
    });
    expect(mergeKeyTable(document, 'v1.Root')).toStrictEqual({
      version: 'v1.2.3',
      nodes: { Part: { list: { key: 'id' }, names: { set: true } }, Root: { parts: { of: 'Part' } } },
    });
  });

  it('follows definitions that contain themselves', () => {
    const document = openApi({ 'v1.Tree': { children: { ...merges('id'), items: { $ref: `${prefix}v1.Tree` } } } });
    expect(mergeKeyTable(document, 'v1.Tree').nodes).toStrictEqual({ Tree: { children: { key: 'id', of: 'Tree' } } });
  });

  it('leaves out definitions that contain themselves and nothing that merges', () => {
    const document = openApi({
      'v1.Root': { list: merges('id'), tree: { $ref: `${prefix}v1.Tree` } },
      'v1.Tree': { left: { $ref: `${prefix}v1.Tree` } },
    });
    expect(mergeKeyTable(document, 'v1.Root').nodes).toStrictEqual({ Root: { list: { key: 'id' } } });
  });

  it('tells lists whose items need $retainKeys', () => {
    const document = openApi({ 'v1.Root': { list: { ...merges('id'), 'x-kubernetes-patch-strategy': 'merge,retainKeys' } } });
    expect(mergeKeyTable(document, 'v1.Root').nodes).toStrictEqual({ Root: { list: { key: 'id', retainKeys: true } } });
  });

  it.each([
    {
      what: 'a strategy that the merge does not know',
      field: { type: 'object', 'x-kubernetes-patch-strategy': 'replace' },
      error: /v1\.Root\.f: .*replace/,
    },
    {
      what: 'an object with the strategy of lists',
      field: { type: 'object', 'x-kubernetes-patch-strategy': 'merge' },
      error: /v1\.Root\.f: only lists/,
    },
  ])('refuses $what', ({ field, error }) => {
    expect(() => mergeKeyTable(openApi({ 'v1.Root': { f: field } }), 'v1.Root')).toThrow(error);
  });

  it('refuses two definitions of one short name', () => {
    const document = openApi({ 'v1.Root': { list: merges('id'), other: { $ref: `${prefix}v2.Root` } }, 'v2.Root': { list: merges('id') } });
    expect(() => mergeKeyTable(document, 'v1.Root')).toThrow(/short name: v1\.Root, v2\.Root/);
  });

  it('is written as a module with a row for each field', () => {
    const module = renderMergeKeys({ version: '1.2', nodes: { Root: { list: { key: 'id', retainKeys: true, of: 'Part' } } } });
    expect(module).toContain("  Root: {\n    list: { key: 'id', retainKeys: true, of: 'Part' },\n  },\n");
  });
});
