import { describe, expect, it } from 'vitest';
import { freePlace } from './cluster.ts';
import { findProblems } from './cluster-status.ts';
import { renderStatus } from './status-text.ts';

const etcd = { name: 'etcd', pid: 7, log: '/logs/etcd.log' };
const apiServer = { name: 'kube-apiserver', pid: 8, log: '/logs/kube-apiserver.log' };
const node = { name: 'node-1', address: '10.100.0.10', podRange: '10.100.16.0/24', running: true, ready: true };

describe('the problems of a cluster', () => {
  it.each([
    ['there is none', findProblems([etcd, apiServer], [node], true), []],
    ['a part ended', findProblems([{ ...etcd, pid: undefined }, apiServer], [node], true), [/etcd does not run.*pnpm local up/]],
    [
      'the API server ended: nothing is said twice',
      findProblems([etcd, { ...apiServer, pid: undefined }], [node], false),
      [/kube-apiserver does not run/],
    ],
    [
      'the API server hangs: its nodes are not blamed',
      findProblems([etcd, apiServer], [{ ...node, ready: false }], false),
      [/not ready.*logs kube-apiserver/],
    ],
    ['a node is dead', findProblems([etcd], [{ ...node, running: false }], true), [/node-1 does not run.*start-node node-1/]],
    [
      'a node is not Ready',
      findProblems([etcd], [{ ...node, ready: false }], true),
      [/node-1 runs, but is not Ready.*logs node-1\/kubelet/],
    ],
  ])('%s', (_, found, expected) => {
    expect(found).toEqual(expected.map(pattern => expect.stringMatching(pattern) as string));
  });
});

describe('the status as text', () => {
  it('says of a cluster that is down how to start it', () => {
    const text = renderStatus({ id: 'bkop-1', checkout: '/c', directory: '/d', health: 'down', problems: ['not started: pnpm local up'] });
    expect(text).toBe('bkop-1 is down\n  problem: not started: pnpm local up');
  });

  it('lines up components and nodes', () => {
    const cluster = {
      url: 'https://10.100.0.2:6443',
      kubeconfig: '/k',
      hostAddress: '10.100.0.1',
      registry: { pushAddress: '10.100.0.2:5000', pullName: 'registry.local:5000' },
      components: [etcd, { ...apiServer, pid: undefined }],
      nodes: [node, { ...node, name: 'second', running: false, ready: false }],
    };
    const text = renderStatus({ id: 'bkop-1', checkout: '/c', directory: '/d', health: 'degraded', problems: [], cluster });
    expect(text).toContain('  etcd            pid 7  /logs/etcd.log\n  kube-apiserver  ended  /logs/kube-apiserver.log');
    expect(text).toContain('  node-1  Ready      running      10.100.0.10');
    expect(text).toContain('  second  not Ready  not running  10.100.0.10');
  });
});

describe('the place of a new node', () => {
  const nodes = [
    { name: 'node-1', slot: 0 },
    { name: 'node-3', slot: 1 },
  ];

  it.each([
    [[], undefined, { name: 'node-1', slot: 0 }],
    [nodes, undefined, { name: 'node-2', slot: 2 }],
    [nodes, 'gpu', { name: 'gpu', slot: 2 }],
    [nodes.slice(1), undefined, { name: 'node-1', slot: 0 }],
  ])('beside %j, asked for %s', (existing, name, place) => {
    expect(freePlace(existing, name)).toEqual(place);
  });

  it('is refused when the name is taken, or no place is left', () => {
    expect(() => freePlace(nodes, 'node-1')).toThrow(/"node-1" already/);
    const full = Array.from({ length: 16 }, (_, slot) => ({ name: `n${slot}`, slot }));
    expect(() => freePlace(full)).toThrow(/16 nodes/);
  });
});
