import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { objectKey, parseKey, refKey } from './kube-object.ts';

const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,20}[a-z0-9])?$/);

describe('the key of an object', () => {
  it('leads back to its name and namespace', () => {
    fc.assert(
      fc.property(name, fc.option(name, { nil: undefined }), (name, namespace) => {
        const ref = namespace === undefined ? { name } : { name, namespace };
        expect(parseKey(refKey(ref))).toEqual(ref);
        expect(objectKey({ metadata: ref })).toBe(refKey(ref));
      }),
    );
  });

  it('of an object without namespace is its name', () => {
    expect(objectKey({ metadata: { name: 'node-a', namespace: '' } })).toBe('node-a');
  });
});
