import { KubeError } from '@buildkite-operator/kube';
import { describe, expect, it } from 'vitest';
import { createRefusal } from './create-refusal.ts';

const causes = [
  { field: 'spec.image', reason: 'FieldValueInvalid', message: 'must be an image (found "a b")' },
  { field: 'spec.env[0]', reason: 'FieldValueInvalid', message: 'needs a name' },
];

describe('a BuildJob that the API server does not take', () => {
  it('is fine when it is there already', () => {
    expect(createRefusal(new KubeError('AlreadyExists', 'exists'))).toEqual({ kind: 'exists' });
  });

  it.each([
    ['Invalid', 'spec is wrong'],
    ['BadRequest', 'admission webhook "deny.example.com" denied the request: no'],
    ['RequestEntityTooLarge', 'limit is 3145728'],
    ['Forbidden', 'buildjobs "bk-1" is forbidden: ValidatingAdmissionPolicy \'registries\' denied request'],
    ['Forbidden', 'admission webhook "deny.example.com" denied the request: not from here'],
  ])('is refused for good: %s, %s', (code, message) => {
    expect(createRefusal(new KubeError(code, message))).toMatchObject({ kind: 'refused', message: expect.stringContaining(message) });
  });

  it('is refused with each field, where the server names them', () => {
    expect(createRefusal(new KubeError('Invalid', 'long words', { causes }))).toMatchObject({
      message: expect.stringContaining('\nspec.image: must be an image (found "a b")\nspec.env[0]: needs a name\n'),
    });
  });

  it('is refused with the places of the pipeline, where they can be told', () => {
    const placeOf = (field: string) => (field === 'spec.image' ? 'kubernetes.podSpec.containers[0].image' : undefined);
    expect(createRefusal(new KubeError('Invalid', 'long words', { causes }), placeOf)).toMatchObject({
      message: expect.stringContaining(
        '\nkubernetes.podSpec.containers[0].image: must be an image (found "a b")\nspec.env[0]: needs a name\n',
      ),
    });
  });

  it.each([
    ['InternalError', 'failed calling webhook "validate.example.com": connection refused'],
    ['Forbidden', 'buildjobs is forbidden: exceeded quota: jobs, requested: count/buildjobs=1, used: 5, limited: 5'],
    ['Forbidden', 'buildjobs is forbidden: User "x" cannot create resource "buildjobs"'],
    ['TooManyRequests', 'slow down'],
    ['Timeout', 'no answer'],
    ['Unreachable', 'connection refused'],
    ['NotFound', 'namespaces "jobs" not found'],
    ['Conflict', 'the namespace is being deleted'],
  ])('is tried again: %s, %s', (code, message) => {
    expect(createRefusal(new KubeError(code, message))).toMatchObject({ kind: 'passing', message: expect.stringContaining(message) });
  });

  it('is nothing of the kind when something else went wrong', () => {
    expect(createRefusal(new TypeError('x'))).toBeUndefined();
  });
});
