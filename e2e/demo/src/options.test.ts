import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.ts';

describe('the options of the demo', () => {
  it.for([
    { given: [], env: {}, want: { help: false, cluster: undefined, keep: false } },
    { given: ['--keep'], env: {}, want: { help: false, cluster: undefined, keep: true } },
    { given: ['--', '--keep'], env: {}, want: { help: false, cluster: undefined, keep: true } },
    { given: ['--help'], env: { KUBECONFIG: '/k' }, want: { help: true } },
    {
      given: ['--context', 'c', '--registry', 'r:5000'],
      env: {},
      want: { help: false, cluster: { context: 'c', registry: 'r:5000' }, keep: false },
    },
    {
      given: ['--registry', 'r'],
      env: { KUBECONFIG: '/k' },
      want: { help: false, cluster: { context: undefined, registry: 'r' }, keep: false },
    },
    { given: [], env: { KUBECONFIG: '' }, want: { help: false, cluster: undefined, keep: false } },
  ])('$given with $env', ({ given, env, want }) => {
    expect(parseOptions(given, env)).toEqual(want);
  });

  it.for([
    { given: ['--context', 'c'], env: {}, message: '--registry HOST' },
    { given: [], env: { KUBECONFIG: '/k' }, message: '--registry HOST' },
    { given: ['--registry', 'r'], env: {}, message: 'brings its own registry' },
    { given: ['--contxt', 'c'], env: {}, message: '--contxt' },
  ])('$given with $env is refused and told how', ({ given, env, message }) => {
    expect(() => parseOptions(given, env)).toThrow(message);
  });
});
