import type { JsonObject } from '@buildkite-operator/crds/toolkit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combinePatches } from './combine-patches.ts';

const env = fc.uniqueArray(fc.record({ name: fc.constantFrom('A', 'B', 'C'), value: fc.constantFrom('1', '2') }), {
  selector: ({ name }) => name,
});
const change = fc.uniqueArray(
  fc.oneof(
    fc.record({ name: fc.constantFrom('A', 'B', 'C'), value: fc.constantFrom('3', '4') }),
    fc.record({ name: fc.constantFrom('A', 'B', 'C'), value: fc.constant(null), valueFrom: fc.constant({ fieldRef: { fieldPath: 'x' } }) }),
    fc.record({ name: fc.constantFrom('A', 'B'), $patch: fc.constant('delete') }),
  ),
  { selector: ({ name }) => name },
);
const args = fc.constantFrom(['x'], ['y', 'z']);
const limits = fc.dictionary(fc.constantFrom('cpu', 'memory'), fc.constantFrom('1', '2'));
const containers = <Env>(variables: fc.Arbitrary<Env>) =>
  fc.uniqueArray(
    fc.record(
      { name: fc.constantFrom('agent', 'container-0', 'more'), env: variables, args, resources: fc.record({ limits }) },
      { requiredKeys: ['name'] },
    ),
    { selector: ({ name }) => name },
  );
const spec = (variables: fc.Arbitrary<unknown>) =>
  fc.record(
    {
      containers: containers(variables),
      nodeSelector: limits,
      tolerations: fc.constantFrom([{ key: 'a' }], []),
      hostname: fc.constantFrom('a', 'b'),
    },
    { requiredKeys: [] },
  );
const deletions = fc.record(
  { hostname: fc.constant(null), nodeSelector: fc.oneof(fc.constant(null), fc.constant({ cpu: null })) },
  { requiredKeys: [] },
);

/** The merge that `podPatch` is applied with, which podspec keeps to itself. */
const merging = new URL('../../../podspec/src/strategic-merge/index.ts', import.meta.url).href;
const { strategicMerge: merge } = (await import(merging)) as { strategicMerge: (original: object, patch: object) => JsonObject };

/** The order of items that both patches bring, and the pod has not, is neither's to say. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted).toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, sorted(part)]));
}

describe('two patches as one', () => {
  it('do what they do one after the other', () => {
    fc.assert(
      fc.property(spec(env), spec(env), spec(change), deletions, (pod, first, second, more) => {
        const base = { containers: [], ...pod };
        const last = { ...second, ...more };
        expect(sorted(merge(base, combinePatches(first, last)))).toEqual(sorted(merge(merge(base, first), last)));
      }),
      { numRuns: 500 },
    );
  });

  it('keep of the first only what `$retainKeys` of the second names', () => {
    const claim = { persistentVolumeClaim: { claimName: 'c' } };
    const first = { volumes: [{ name: 'v', emptyDir: {} }] };
    const second = { volumes: [{ name: 'v', ...claim, $retainKeys: ['name', 'persistentVolumeClaim'] }] };
    expect(combinePatches(first, second)).toEqual(second);
  });

  it('are the second alone where it replaces', () => {
    expect(combinePatches({ affinity: { a: 1 } }, { affinity: { $patch: 'replace', b: 1 } })).toEqual({
      affinity: { $patch: 'replace', b: 1 },
    });
  });

  it("put a new item where the second patch's order wants it", () => {
    const named = (...names: string[]) => names.map(name => ({ name }));
    expect(combinePatches({ initContainers: named('a', 'b') }, { initContainers: named('new', 'b') })).toEqual({
      initContainers: named('new', 'a', 'b'),
    });
  });
});
