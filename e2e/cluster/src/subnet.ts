import { createHash } from 'node:crypto';
import { ClusterError } from './cluster-error.ts';

/** How many nodes one cluster can have. */
export const maximumNodes = 16;

const firstOctet = 100;
/** How many clusters fit side by side: 10.100.0.0/16 to 10.227.0.0/16. */
export const subnetCount = 128;

/** The addresses of one cluster, all within `10.X.0.0/16`. */
export interface Subnet {
  /** The whole of it. */
  readonly range: string;
  /** The host, as nodes and pods see it. */
  readonly hostAddress: string;
  /** API server, DNS server and registry. */
  readonly controlPlaneAddress: string;
  /** Pods of all nodes. */
  readonly podRange: string;
  readonly serviceRange: string;
  /** ClusterIP of the `kubernetes` service. */
  readonly apiServiceAddress: string;
  /** ClusterIP of the DNS service. */
  readonly dnsServiceAddress: string;
}

/** The addresses of one node. */
export interface NodeAddresses {
  readonly address: string;
  readonly podRange: string;
  /** The node's own address in `podRange`: its pods' gateway. */
  readonly podGateway: string;
}

/** The plan of the `index`-th subnet. */
export function subnet(index: number): Subnet {
  const prefix = `10.${firstOctet + index}`;
  return {
    range: `${prefix}.0.0/16`,
    hostAddress: `${prefix}.0.1`,
    controlPlaneAddress: `${prefix}.0.2`,
    podRange: `${prefix}.16.0/20`,
    serviceRange: `${prefix}.128.0/20`,
    apiServiceAddress: `${prefix}.128.1`,
    dnsServiceAddress: `${prefix}.128.10`,
  };
}

/** The plan of the node in the `slot`-th place, 0 to `maximumNodes` - 1. */
export function nodeAddresses(index: number, slot: number): NodeAddresses {
  const prefix = `10.${firstOctet + index}`;
  return { address: `${prefix}.0.${10 + slot}`, podRange: `${prefix}.${16 + slot}.0/24`, podGateway: `${prefix}.${16 + slot}.1` };
}

/**
 * The subnet for a cluster: the same one each time as long as it is free, else the next free one.
 * `taken` are subnets that other clusters claim; `occupied` are IPv4 ranges that the machine has addresses in or routes to.
 */
export function chooseSubnet(id: string, taken: ReadonlySet<number>, occupied: readonly string[]): number {
  const preferred = createHash('sha256').update(id).digest().readUInt32BE(0) % subnetCount;
  for (let step = 0; step < subnetCount; step += 1) {
    const index = (preferred + step) % subnetCount;
    const { range } = subnet(index);
    if (!taken.has(index) && !occupied.some(other => rangesOverlap(range, other))) return index;
  }
  throw new ClusterError('collision', 'every subnet from 10.100.0.0/16 to 10.227.0.0/16 is in use; stop another cluster: pnpm local down');
}

/** Whether two IPv4 ranges (`a.b.c.d/n`, or an address alone) have an address in common. */
export function rangesOverlap(one: string, other: string): boolean {
  const [first, second] = [parseRange(one), parseRange(other)];
  const shift = 32 - Math.min(first.bits, second.bits);
  return Math.floor(first.base / 2 ** shift) === Math.floor(second.base / 2 ** shift);
}

function parseRange(range: string): { base: number; bits: number } {
  const [address = '', bits = '32'] = range.split('/');
  const octets = address.split('.').map(Number);
  if (octets.length !== 4 || octets.some(octet => !(octet >= 0 && octet <= 255)))
    throw new ClusterError('bad-argument', `${JSON.stringify(range)} is no IPv4 range; write it as 10.0.0.0/8`);
  return { base: octets.reduce((sum, octet) => sum * 256 + octet, 0), bits: Number(bits) };
}
