import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import type { ClusterIdentity } from './cluster-identity.ts';
import { maximumNodes, nodeAddresses, subnet } from './subnet.ts';

/*
 * The bridge lies in the control plane's own network namespace, not on the host: kube-proxy's rules, routes and
 * forwarding stay in there, and the host gets one interface with its routes, which go away with that namespace.
 */
const bridge = 'br0';

/** The network of one cluster. */
export class ClusterNetwork {
  readonly #identity: ClusterIdentity;
  readonly #index: number;

  constructor(identity: ClusterIdentity, subnetIndex: number) {
    this.#identity = identity;
    this.#index = subnetIndex;
  }

  /** File of the namespace of a node, or of the control plane. */
  namespace(name: string): string {
    return join(this.#identity.directory, 'netns', name);
  }

  /** The control plane's namespace with the bridge, and the host's interface and routes into it. */
  async createControlPlane(): Promise<void> {
    const plan = subnet(this.#index);
    const { id } = this.#identity;
    const namespace = this.namespace('control-plane');
    await addNamespace(namespace);
    await execa('ip', ['link', 'add', id, 'type', 'veth', 'peer', 'name', 'host', 'netns', namespace]);
    await ip(
      [
        'link set dev lo up',
        // With an address of its own, which it keeps as ports come and go: connections stall when it changes.
        `link add ${bridge} address ${macAddress(0, 2)} type bridge`,
        `link set dev host master ${bridge} up`,
        `link set dev ${bridge} up`,
        `address add ${plan.controlPlaneAddress}/24 dev ${bridge}`,
        ...podRoutes(this.#index),
        `route add default via ${plan.hostAddress}`,
      ],
      namespace,
    );
    // Bridged packets of nodes must not pass the control plane's own kube-proxy rules.
    await sysctl({ 'net/ipv4/ip_forward': '1', 'net/bridge/bridge-nf-call-iptables': '0' }, namespace);
    await ip([
      `link set dev ${id} address ${macAddress(0, 1)} up`,
      `address add ${plan.hostAddress}/24 dev ${id}`,
      // Services through the rules of the control plane's kube-proxy; pods directly, the same way in which their packets come:
      // those rules drop an answer to a connection that they have not seen begin.
      `route add ${plan.serviceRange} via ${plan.controlPlaneAddress}`,
      ...podRoutes(this.#index),
    ]);
  }

  /** The namespace of a node, plugged into the bridge, with the bridge for its pods. */
  async createNode(name: string, slot: number): Promise<void> {
    const plan = subnet(this.#index);
    const node = nodeAddresses(this.#index, slot);
    const namespace = this.namespace(name);
    const port = `node${slot}`;
    const controlPlane = this.namespace('control-plane');
    await addNamespace(namespace);
    await execa('ip', ['link', 'add', 'eth0', 'netns', namespace, 'type', 'veth', 'peer', 'name', port, 'netns', controlPlane]);
    await Promise.all([
      ip([`link set dev ${port} master ${bridge} up`], controlPlane),
      ip(
        [
          'link set dev lo up',
          `link set dev eth0 address ${macAddress(1, slot)} up`,
          `address add ${node.address}/24 dev eth0`,
          `link add cni0 address ${macAddress(2, slot)} type bridge`,
          'link set dev cni0 up',
          `address add ${node.podGateway}/24 dev cni0`,
          ...podRoutes(this.#index, slot),
          // ClusterIPs that no local rule knows end here instead of wandering about the host.
          `route add default via ${plan.hostAddress}`,
        ],
        namespace,
      ),
    ]);
    // A service whose pod is on the same bridge answers through the rules that changed its address.
    await sysctl({ 'net/ipv4/ip_forward': '1', 'net/bridge/bridge-nf-call-iptables': '1' }, namespace);
  }

  /** Removes the namespace of a node, or of the control plane. Not an error when there is none. */
  async remove(name: string): Promise<void> {
    await unmount(this.namespace(name));
  }

  /** Removes whatever of this cluster's network exists, however incomplete. */
  async destroy(): Promise<void> {
    for (const path of mountsBelow(this.#identity.directory)) await unmount(path);
    await execa('ip', ['link', 'delete', this.#identity.id], { reject: false });
  }
}

const addressesSchema = z.array(z.object({ addr_info: z.array(z.object({ local: z.string(), prefixlen: z.int() })).default([]) }));
const routesSchema = z.array(z.object({ dst: z.string() }));

/** The IPv4 ranges that the machine has addresses in or routes to, but for the default route. */
export async function occupiedRanges(): Promise<string[]> {
  const [addresses, routes] = await Promise.all([
    execa('ip', ['-json', '-4', 'address', 'show']),
    execa('ip', ['-json', '-4', 'route', 'show', 'table', 'all']),
  ]);
  return [
    ...addressesSchema
      .parse(JSON.parse(addresses.stdout))
      .flatMap(link => link.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`)),
    ...routesSchema
      .parse(JSON.parse(routes.stdout))
      .map(route => route.dst)
      .filter(destination => destination !== 'default'),
  ];
}

/** A locally administered address: the group says whose it is, 0 the control plane's, 1 a node's, 2 a pod bridge's. */
function macAddress(group: number, number: number): string {
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  return `02:0b:00:00:${hex(group)}:${hex(number)}`;
}

/** Routes to the pods of every node that may ever be added, but for the one at `ownSlot`. */
function podRoutes(index: number, ownSlot?: number): string[] {
  return Array.from({ length: maximumNodes }, (_, slot) => slot)
    .filter(slot => slot !== ownSlot)
    .map(slot => nodeAddresses(index, slot))
    .map(({ address, podRange }) => `route add ${podRange} via ${address}`);
}

async function ip(commands: readonly string[], namespace?: string): Promise<void> {
  const batch = { input: commands.join('\n') };
  if (namespace === undefined) await execa('ip', ['-batch', '-'], batch);
  else await execa('nsenter', [`--net=${namespace}`, 'ip', '-batch', '-'], batch);
}

async function sysctl(settings: Readonly<Record<string, string>>, namespace: string): Promise<void> {
  const script = Object.entries(settings).map(([key, value]) => `echo ${value} >/proc/sys/${key}`);
  await execa('nsenter', [`--net=${namespace}`, 'sh', '-ec', script.join('\n')]);
}

/** `ip netns` would do, but leaves a mount at /run/netns behind for good. */
async function addNamespace(path: string): Promise<void> {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, '');
  await execa('unshare', [`--net=${path}`, 'true']);
}

async function unmount(path: string): Promise<void> {
  await execa('umount', ['--lazy', path], { reject: false });
}

function mountsBelow(directory: string): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map(line => (line.split(' ')[1] ?? '').replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8))))
    .filter(path => path.startsWith(`${directory}/`))
    .toReversed();
}
