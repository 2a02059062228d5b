import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { installationKey, stackKeyFor } from './stack-key.ts';

describe('the key of a stack', () => {
  it('tells installation and queue', () => {
    expect(stackKeyFor('prod', 'bk-operator')).toBe('prod-bk-operator');
  });

  it('is one that Buildkite allows, the same each time, and no other queue has it', () => {
    const queue = fc.string({ minLength: 1, maxLength: 255 });
    fc.assert(
      fc.property(queue, queue, fc.uuid(), (one, other, uid) => {
        const key = stackKeyFor(installationKey(uid), one);
        expect(key).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
        expect(stackKeyFor(installationKey(uid), one)).toBe(key);
        fc.pre(one !== other);
        expect(stackKeyFor(installationKey(uid), other)).not.toBe(key);
      }),
    );
  });
});
