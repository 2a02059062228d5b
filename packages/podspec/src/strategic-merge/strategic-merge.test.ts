import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { casePod, mergeCases, refusedCases } from './cases/index.ts';
import type { JsonObject, JsonValue } from './json-value.ts';
import { strategicMerge } from './strategic-merge.ts';
import { StrategicMergeError } from './strategic-merge-error.ts';

describe('a strategic merge', () => {
  it.each(mergeCases)('$title', ({ original, patch, merged }) => {
    expect(strategicMerge(casePod(original), patch)).toStrictEqual(casePod(merged));
  });

  it('merges finalizers as a set, new ones first, and owner references by uid', () => {
    const original = { metadata: { finalizers: ['a', 'b', 'c'], ownerReferences: [{ uid: '1', name: 'x' }] } };
    const patch = {
      metadata: {
        '$deleteFromPrimitiveList/finalizers': ['a'],
        finalizers: ['d', 'b', 'd'],
        ownerReferences: [{ uid: '1', name: 'y' }],
      },
    };
    const merged = { metadata: { finalizers: ['d', 'b', 'c'], ownerReferences: [{ uid: '1', name: 'y' }] } };
    expect(strategicMerge(original, patch, { node: 'PodTemplateSpec' })).toStrictEqual(merged);
  });

  it('orders a set with $setElementOrder', () => {
    const patch = { '$setElementOrder/finalizers': ['c', 'd', 'a'], finalizers: ['d'] };
    const merged = { finalizers: ['b', 'c', 'd', 'a'] };
    expect(strategicMerge({ finalizers: ['a', 'b', 'c'] }, patch, { node: 'ObjectMeta' })).toStrictEqual(merged);
  });

  it('merges a single container by the rules of containers', () => {
    const original = { name: 'app', env: [{ name: 'A', value: '1' }] };
    const merged = strategicMerge(original, { env: [{ name: 'A', value: '2' }] }, { node: 'Container' });
    expect(merged).toStrictEqual({ name: 'app', env: [{ name: 'A', value: '2' }] });
  });

  it('keeps names that mean something to JavaScript as plain fields', () => {
    const patch: JsonValue = JSON.parse('{"nodeSelector": {"__proto__": "a", "constructor": "b", "toString": null}}');
    const merged = strategicMerge({ nodeSelector: { zone: 'z' } }, patch);
    expect(JSON.stringify(merged)).toBe('{"nodeSelector":{"zone":"z","__proto__":"a","constructor":"b"}}');
  });

  it('changes neither the pod nor the patch', () => {
    for (const { original, patch } of mergeCases) {
      const before = structuredClone({ original, patch });
      strategicMerge(deepFreeze(casePod(structuredClone(original))), deepFreeze(structuredClone(patch)));
      expect({ original, patch }).toStrictEqual(before);
    }
  });
});

describe('a refused patch', () => {
  it.each(refusedCases)('$title', ({ original, patch, code, field }) => {
    const error = refusal(() => strategicMerge(casePod(original), patch));
    expect({ code: error.code, field: error.field }).toStrictEqual({ code, field });
  });

  it('is told by field, value and remedy, below the place that the caller names', () => {
    const patch = { containers: [{ name: 'app', env: [{ value: '1' }] }] };
    const error = refusal(() => strategicMerge(casePod({}), patch, { at: 'spec.podPatch' }));
    expect(error.message).toBe(
      'spec.podPatch.containers[0].env[0].name: items of this list are told apart by "name", a string or number, got {"value":"1"}: give the item a "name"',
    );
  });

  it('may be the fault of what is patched', () => {
    const error = refusal(() => strategicMerge({ containers: [{ image: 'x' }] }, { containers: [{ name: 'app' }] }));
    expect(error).toMatchObject({ code: 'MissingMergeKey', field: 'original containers[0].name' });
  });

  it('may be nested without end', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`) as JsonObject;
    expect(refusal(() => strategicMerge({}, deep)).code).toBe('TooDeep');
    const list = JSON.parse(`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`) as JsonObject;
    expect(refusal(() => strategicMerge({}, list)).code).toBe('TypeMismatch');
  });
});

describe('any patch at all', () => {
  const names = fc.constantFrom(
    'containers',
    'name',
    'env',
    'args',
    'volumes',
    '$patch',
    '$retainKeys',
    '$setElementOrder/env',
    '$deleteFromPrimitiveList/args',
  );
  const { json } = fc.letrec<{ json: JsonValue; object: JsonObject }>(tie => ({
    json: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom('a', 'b', 'replace', 'delete', 1, true, null),
      fc.array(tie('json'), { maxLength: 3 }),
      tie('object'),
    ),
    object: fc.dictionary(names, tie('json'), { maxKeys: 4 }),
  }));

  it('gives a result without nulls and directives, or is refused with a StrategicMergeError', () => {
    const leftover = /null|"\$/;
    fc.assert(
      fc.property(json, json, (first, second) => {
        const merged = attempt(() => strategicMerge({}, first));
        const again = merged instanceof StrategicMergeError ? {} : attempt(() => strategicMerge(merged, second));
        const results = [merged, again].filter(result => !(result instanceof StrategicMergeError));
        expect(JSON.stringify(results)).not.toMatch(leftover);
      }),
      { numRuns: 3000 },
    );
  });
});

function attempt(merge: () => JsonObject): JsonObject | StrategicMergeError {
  try {
    return merge();
  } catch (error) {
    if (error instanceof StrategicMergeError) return error;
    throw error;
  }
}

function refusal(merge: () => JsonObject): StrategicMergeError {
  const result = attempt(merge);
  if (result instanceof StrategicMergeError) return result;
  throw new Error(`was not refused: ${JSON.stringify(result)}`);
}

function deepFreeze<Value extends JsonValue>(value: Value): Value {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
