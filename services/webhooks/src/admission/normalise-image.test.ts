import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseImage } from './normalise-image.ts';

describe('an image reference', () => {
  it.each([
    ['debian', 'debian:latest'],
    ['debian:12', 'debian:12'],
    ['team/app', 'team/app:latest'],
    ['Registry.Example.COM/Team/App', 'registry.example.com/Team/App:latest'],
    ['LOCALHOST/app:1', 'localhost/app:1'],
    ['Registry:5000/app', 'registry:5000/app:latest'],
    ['registry:5000/app:1', 'registry:5000/app:1'],
    ['app@sha256:0123', 'app@sha256:0123'],
    ['Host.io/app:1@sha256:0123', 'host.io/app:1@sha256:0123'],
    ['Team/app', 'Team/app:latest'],
    ['broken/', 'broken/'],
  ])('%s is written %s', (given, normal) => {
    expect(normaliseImage(given)).toBe(normal);
  });

  it('stays as it is when it is normalised again', () => {
    assert(property(string(), given => normaliseImage(normaliseImage(given)) === normaliseImage(given)));
  });
});
