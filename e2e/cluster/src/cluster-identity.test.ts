import { describe, expect, it } from 'vitest';
import { clusterIdentity, parseNodeName } from './cluster-identity.ts';

describe('the identity of a cluster', () => {
  it('follows from the paths of checkout and cache, and is short enough for a network interface', () => {
    const identity = clusterIdentity('/home/someone/checkout', '/cache');
    expect(identity).toEqual({
      id: expect.stringMatching(/^bkop-[0-9a-f]{8}$/) as string,
      root: '/home/someone/checkout',
      directory: `/cache/clusters/${identity.id}`,
      registryDirectory: `/cache/registries/${identity.id}`,
      lockPath: `/cache/locks/${identity.id}`,
    });
    expect(clusterIdentity('/home/someone/checkout', '/cache')).toEqual(identity);
    expect(clusterIdentity('/home/someone/checkout2', '/cache').id).not.toBe(identity.id);
    expect(clusterIdentity('/home/someone/checkout', '/other-cache').id).not.toBe(identity.id);
  });
});

describe('the name of a node', () => {
  it.each(['a', 'node-1', 'gpu', 'x'.repeat(30)])('may be %s', name => {
    expect(parseNodeName(name)).toBe(name);
  });

  it.each(['', '1node', 'Node', 'node_1', 'node-', 'node/../..', 'x'.repeat(31), 'control-plane'])(
    'may not be %j, and the error names it',
    name => {
      expect(() => parseNodeName(name)).toThrow(JSON.stringify(name));
    },
  );
});
