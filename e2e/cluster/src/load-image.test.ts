import { describe, expect, it } from 'vitest';
import { registryPath } from './load-image.ts';

describe('the name of an image in the registry', () => {
  it.each([
    ['controller', 'controller:latest'],
    ['team/controller:dev', 'team/controller:dev'],
    ['localhost/controller:dev', 'controller:dev'],
    ['docker.io/library/node:26-bookworm-slim', 'library/node:26-bookworm-slim'],
    ['registry.local:5000/team/a', 'team/a:latest'],
  ])('of %s is %s', (name, path) => {
    expect(registryPath(name)).toBe(path);
  });

  it.each(['', 'Upper', 'a b', 'a:', '../a', 'a//b'])('refuses %j and names it', name => {
    expect(() => registryPath(name)).toThrow(JSON.stringify(name));
  });
});
