import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { pauseImage, renderNodeConfig } from './node-config.ts';

describe('the configuration of a node', () => {
  const files = renderNodeConfig({
    name: 'node-2',
    cgroup: '/bkop-1a2b3c4d/node-2',
    clusterPodRange: '10.100.16.0/20',
    podRange: '10.100.17.0/24',
    dnsServiceAddress: '10.100.128.10',
    registryName: 'registry.local:5000',
    registryUrl: 'http://10.100.0.2:5000',
    taints: [{ key: 'example.com/reserved', value: 'yes', effect: 'NoSchedule' }],
  });

  it('keeps the pods of the kubelet in the cgroup of its node, and accepts version 1', () => {
    expect(parse(files['kubelet.yaml'] ?? '')).toMatchObject({
      cgroupRoot: '/bkop-1a2b3c4d/node-2',
      cgroupDriver: 'cgroupfs',
      failCgroupV1: false,
    });
  });

  it('registers with its taints, as Kubernetes reads YAML', () => {
    expect(parse(files['kubelet.yaml'] ?? '', { version: '1.1' })).toMatchObject({
      registerWithTaints: [{ key: 'example.com/reserved', value: 'yes', effect: 'NoSchedule' }],
    });
  });

  it('renews the lease of the node several times within the 12 s after which it counts as lost', () => {
    const { nodeLeaseDurationSeconds } = parse(files['kubelet.yaml'] ?? '') as { nodeLeaseDurationSeconds: number };
    // The kubelet renews after a quarter of the duration.
    expect(nodeLeaseDurationSeconds / 4).toBeLessThanOrEqual(12 / 3);
  });

  it('gives pods addresses of the range of this node, and masquerades none', () => {
    const { plugins } = parse(files['cni/10-pods.conflist'] ?? '') as { plugins: object[] };
    expect(plugins[0]).toMatchObject({ bridge: 'cni0', ipMasq: false, ipam: { ranges: [[{ subnet: '10.100.17.0/24' }]] } });
  });

  it('does not let kube-proxy touch the connection tracking limits of the machine', () => {
    expect(parse(files['kube-proxy.yaml'] ?? '')).toMatchObject({
      hostnameOverride: 'node-2',
      clusterCIDR: '10.100.16.0/20',
      conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    });
  });

  it('pulls images of the registry over plain HTTP, and the pause image from nowhere', () => {
    expect(files['registries/registry.local:5000/hosts.toml']).toContain('[host."http://10.100.0.2:5000"]');
    expect(files['containerd.toml']).toContain(`sandbox_image = "${pauseImage}"`);
    // containerd would take a name without a registry for another one.
    expect(pauseImage).toMatch(/^docker\.io\//);
  });
});
