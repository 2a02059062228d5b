import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClusterError } from './cluster-error.ts';
import { chooseSubnet, maximumNodes, nodeAddresses, rangesOverlap, subnet, subnetCount } from './subnet.ts';

const anyIndex = fc.integer({ min: 0, max: subnetCount - 1 });
const anySlot = fc.integer({ min: 0, max: maximumNodes - 1 });
const anyId = fc.string({ minLength: 1 });

describe('the plan of a subnet', () => {
  it('is an address each for the host and the control plane, and ranges for pods and services', () => {
    expect(subnet(0)).toEqual({
      range: '10.100.0.0/16',
      hostAddress: '10.100.0.1',
      controlPlaneAddress: '10.100.0.2',
      podRange: '10.100.16.0/20',
      serviceRange: '10.100.128.0/20',
      apiServiceAddress: '10.100.128.1',
      dnsServiceAddress: '10.100.128.10',
    });
    expect(nodeAddresses(0, 3)).toEqual({ address: '10.100.0.13', podRange: '10.100.19.0/24', podGateway: '10.100.19.1' });
  });

  it('shares no address with another subnet', () => {
    fc.assert(
      fc.property(anyIndex, anyIndex, (one, other) => {
        expect(rangesOverlap(subnet(one).range, subnet(other).range)).toBe(one === other);
      }),
    );
  });

  it('keeps nodes, their pods and the services apart, and all within the subnet', () => {
    fc.assert(
      fc.property(anyIndex, anySlot, anySlot, (index, one, other) => {
        const plan = subnet(index);
        const [first, second] = [nodeAddresses(index, one), nodeAddresses(index, other)];
        expect(rangesOverlap(first.podRange, second.podRange)).toBe(one === other);
        expect(rangesOverlap(first.podRange, plan.podRange)).toBe(true);
        expect(rangesOverlap(plan.podRange, plan.serviceRange)).toBe(false);
        for (const taken of [plan.podRange, plan.serviceRange, plan.hostAddress, plan.controlPlaneAddress])
          expect(rangesOverlap(first.address, taken)).toBe(false);
        for (const part of [first.address, first.podRange, plan.serviceRange]) expect(rangesOverlap(part, plan.range)).toBe(true);
      }),
    );
  });
});

describe('choosing a subnet', () => {
  it('gives the same checkout the same one each time', () => {
    fc.assert(
      fc.property(anyId, id => {
        expect(chooseSubnet(id, new Set(), [])).toBe(chooseSubnet(id, new Set(), []));
      }),
    );
  });

  it('avoids what others claim and what the machine has routes to, as long as anything is free', () => {
    fc.assert(
      fc.property(anyId, fc.uniqueArray(anyIndex, { maxLength: subnetCount - 1 }), fc.boolean(), (id, used, asRoutes) => {
        const chosen = chooseSubnet(id, new Set(asRoutes ? [] : used), asRoutes ? used.map(index => subnet(index).range) : []);
        expect(used).not.toContain(chosen);
      }),
    );
  });

  it('says so when nothing is free', () => {
    expect(() => chooseSubnet('any', new Set(), ['10.0.0.0/8'])).toThrow(ClusterError);
    expect(() => chooseSubnet('any', new Set(), ['10.0.0.0/8'])).toThrow(/pnpm local down/);
  });
});

describe('overlapping ranges', () => {
  it.each([
    ['10.0.0.0/8', '10.200.1.0/24', true],
    ['10.200.1.7', '10.200.1.0/24', true],
    ['10.200.2.7', '10.200.1.0/24', false],
    ['192.168.0.0/16', '10.0.0.0/8', false],
    ['0.0.0.0/0', '10.1.2.3', true],
    ['255.255.255.255', '255.255.255.255/32', true],
  ])('%s and %s: %s', (one, other, overlap) => {
    expect(rangesOverlap(one, other)).toBe(overlap);
    expect(rangesOverlap(other, one)).toBe(overlap);
  });

  it.each(['', '10.0.0', '10.0.0.256', 'fe80::/10'])('refuses %j, which is no IPv4 range', text => {
    expect(() => rangesOverlap(text, '10.0.0.0/8')).toThrow(/no IPv4 range/);
  });
});
