import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDebianPackages } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cgroup } from './cgroups.ts';
import { attachCluster, type Cluster } from './cluster.ts';
import { type ClusterIdentity, clusterIdentity } from './cluster-identity.ts';
import { clusterStatus } from './cluster-status.ts';
import { loadImage } from './load-image.ts';
import { writeOciArchive } from './oci-archive.ts';
import { killNow } from './process-table.ts';
import { startCluster } from './start-cluster.ts';
import { stopCluster } from './stop-cluster.ts';
import { waitUntil } from './wait-until.ts';

// A cluster of a checkout that does not exist: it stands beside the one of this checkout, as two checkouts' clusters do.
let scratch: string;
let identity: ClusterIdentity;
let cluster: Cluster;
let image: string;
let machineBefore: Awaited<ReturnType<typeof machineState>>;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'bkop-other-checkout-'));
  identity = clusterIdentity(scratch);
  machineBefore = await machineState();
  cluster = await startCluster({ identity });
  image = await loadImage(cluster, await busyboxArchive());
});

afterAll(async () => {
  await stopCluster({ identity, images: true });
  await rm(scratch, { recursive: true, force: true });
});

describe('a cluster', () => {
  it('has two nodes that are Ready, and says that it is up', async () => {
    expect(await cluster.nodes()).toMatchObject([
      { name: 'node-1', running: true, ready: true },
      { name: 'node-2', running: true, ready: true },
    ]);
    expect(await clusterStatus(identity)).toMatchObject({ health: 'up', problems: [] });
    expect((await attachCluster(identity)).url).toBe(cluster.url);
  });

  it('runs pods that reach each other across nodes by the name of a Service, with a native sidecar', async () => {
    const web = pod('web', 'node-1', 'echo served >/tmp/index.html; exec httpd -f -p 8080 -h /tmp');
    const sidecar = { name: 'sidecar', image, restartPolicy: 'Always', command: ['sh', '-c', 'echo beside; exec sleep 1000'] };
    await apply({ ...web, metadata: { name: 'web', labels: { app: 'web' } }, spec: { ...web.spec, initContainers: [sidecar] } });
    await apply(service('web', 8080));
    await apply(pod('client', 'node-2', 'exec sleep 1000'));
    await cluster.kubectl('wait', '--for=condition=Ready', 'pod/web', 'pod/client', '--timeout=60s');
    expect(await cluster.kubectl('exec', 'client', '--', 'wget', '-qO-', 'http://web.default.svc.cluster.local')).toBe('served');
    expect(await cluster.kubectl('logs', 'web', '--container=sidecar')).toBe('beside');
  });

  it('lets a pod reach itself through its own Service', async () => {
    expect(await cluster.kubectl('exec', 'web', '--container=main', '--', 'wget', '-qO-', 'http://web.default.svc.cluster.local')).toBe(
      'served',
    );
  });

  it('lets pods call the host, and the host and the API server call Services', async () => {
    const server = createServer((_, response) => response.end('from the host')).listen(0, cluster.hostAddress);
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    expect(await cluster.kubectl('exec', 'client', '--', 'wget', '-qO-', `http://${cluster.hostAddress}:${port}`)).toBe('from the host');
    server.close();

    const serviceUrl = `http://${await cluster.kubectl('get', 'service', 'web', '--output=jsonpath={.spec.clusterIP}')}`;
    expect(await (await fetch(serviceUrl)).text()).toBe('served\n');
    const namespace = join(identity.directory, 'netns/control-plane');
    expect((await execa('nsenter', [`--net=${namespace}`, 'busybox', 'wget', '-qO-', serviceUrl])).stdout).toBe('served');
  });

  it('resolves nothing outside the cluster', async () => {
    await expect(cluster.kubectl('exec', 'client', '--', 'nslookup', 'example.org')).rejects.toThrow(/NXDOMAIN/);
  });

  it('reports that a container exceeded its memory, and an image that is not there', async () => {
    const greedy = pod('greedy', 'node-2', 'head -c 200000000 /dev/zero | tail');
    const [main] = greedy.spec.containers;
    await apply({ ...greedy, spec: { ...greedy.spec, containers: [{ ...main, resources: { limits: { memory: '32Mi' } } }] } });
    await apply({
      ...pod('absent', 'node-1', ''),
      spec: { containers: [{ name: 'main', image: `${cluster.registry.pullName}/no/such:1` }] },
    });
    const stateOf = async (name: string) => cluster.kubectl('get', 'pod', name, '--output=jsonpath={.status.containerStatuses[0].state}');
    await cluster.kubectl('wait', '--for=jsonpath={.status.phase}=Failed', 'pod/greedy', '--timeout=60s');
    expect(JSON.parse(await stateOf('greedy'))).toMatchObject({ terminated: { reason: 'OOMKilled', exitCode: 137 } });
    await expect.poll(() => stateOf('absent'), { timeout: 60_000 }).toMatch(/"reason":"(ErrImagePull|ImagePullBackOff)"/);
  });
});

describe('what breaks in a cluster', () => {
  it('is noticed of a node, which comes back with its pods', async () => {
    await cluster.killNode('node-2');
    await cluster.kubectl('wait', '--for=condition=Ready=Unknown', 'node/node-2', '--timeout=60s');
    expect(await clusterStatus(identity)).toMatchObject({ health: 'degraded', problems: [expect.stringContaining('start-node node-2')] });
    await cluster.startNode('node-2');
    await waitUntil(
      async () => (await cluster.kubectl('exec', 'client', '--', 'wget', '-qO-', 'http://web').catch(() => '')) === 'served',
      {
        what: 'the pod of the restarted node to run again',
        timeoutMs: 60_000,
      },
    );
  });

  it('is made up for by a new node', async () => {
    const taint = { key: 'example.com/reserved', value: 'yes', effect: 'NoSchedule' } as const;
    const name = await cluster.addNode({ labels: { 'example.com/pool': 'new', 'example.com/zone': 'a' }, taints: [taint] });
    expect(name).toBe('node-3');
    const node = JSON.parse(await cluster.kubectl('get', 'node', name, '--output=json')) as object;
    expect(node).toMatchObject({ metadata: { labels: { 'example.com/pool': 'new', 'example.com/zone': 'a' } }, spec: { taints: [taint] } });
    await apply(pod('newcomer', name, 'wget -qO- http://web'));
    await cluster.kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/newcomer', '--timeout=60s');
    await cluster.removeNode(name);
    expect((await cluster.nodes()).map(node => node.name)).toEqual(['node-1', 'node-2']);
    await expect(cluster.kubectl('get', 'node', name)).rejects.toThrow(/NotFound/);
  });

  it('does not lose an object when it is the API server, nor when parts are started again', async () => {
    await cluster.kubectl('create', 'configmap', 'kept');
    await cluster.killApiServer();
    await expect(cluster.kubectl('get', 'configmap', 'kept')).rejects.toThrow(/refused/);
    await startCluster({ identity });
    expect(await cluster.kubectl('get', 'configmap', 'kept', '--output=name')).toBe('configmap/kept');
  });

  it('may be everything at once: a new cluster comes up in its place', async () => {
    const cgroup = new Cgroup(`/${identity.id}`);
    for (const pid of cgroup.processes()) killNow(pid);
    await waitUntil(async () => cgroup.processes().length === 0, { what: 'every process to end', timeoutMs: 20_000 });
    expect(await clusterStatus(identity)).toMatchObject({ health: 'down' });
    await expect(attachCluster(identity)).rejects.toMatchObject({ code: 'not-up' });
    cluster = await startCluster({ identity });
    await expect(cluster.kubectl('get', 'configmap', 'kept')).rejects.toThrow(/NotFound/);
    expect(await clusterStatus(identity)).toMatchObject({ health: 'up', problems: [] });
  });

  it('names what there is when a node or a part is not there', async () => {
    await expect(cluster.killNode('node-9')).rejects.toMatchObject({
      code: 'unknown-name',
      message: expect.stringContaining('node-1, node-2') as string,
    });
    await expect(cluster.addNode({ name: 'Node' })).rejects.toMatchObject({ code: 'bad-argument' });
  });
});

describe('the end of a cluster', () => {
  it('leaves no process, mount, interface, route, cgroup, kernel setting or file', async () => {
    await stopCluster({ identity, images: true });
    expect(await machineState()).toEqual(machineBefore);
    expect(await clusterStatus(identity)).toMatchObject({ health: 'down' });
  });

  it('may be asked for twice', async () => {
    await expect(stopCluster({ identity, images: true })).resolves.toBeUndefined();
  });
});

/** Where the parts of a cluster write unless they are told otherwise. */
const usualFolders = ['cni', 'containerd', 'kubelet', 'etcd']
  .map(name => `/var/lib/${name}`)
  .concat('/opt/containerd', '/usr/libexec/kubernetes', '/run/netns', '/run/containerd', '/var/log/pods', '/etc/cdi');

/** All of the machine that a cluster of this identity could leave a trace in; what other clusters do is left out. */
async function machineState() {
  const lines = (text: string) => text.split('\n').filter(line => line.includes(identity.id));
  const [links, routes] = await Promise.all([execa('ip', ['-oneline', 'link']), execa('ip', ['route', 'show', 'table', 'all'])]);
  const settings = ['net/ipv4/ip_forward', 'kernel/panic', 'kernel/panic_on_oops', 'vm/overcommit_memory'];
  return {
    links: lines(links.stdout),
    routes: lines(routes.stdout),
    mounts: lines(readFileSync('/proc/self/mounts', 'utf8')),
    processes: new Cgroup(`/${identity.id}`).processes(),
    cgroups: readdirSync('/sys/fs/cgroup').flatMap(name => lines(readdirSync(join('/sys/fs/cgroup', name)).join('\n'))),
    settings: settings.map(name => readFileSync(join('/proc/sys', name), 'utf8')),
    folders: usualFolders.filter(folder => existsSync(folder)),
    state: ['clusters', 'registries'].flatMap(name => lines(namesIn(join(identity.directory, '../..', name)).join('\n'))),
  };
}

/** None where the folder is not there, as on a machine that has had no cluster yet. */
function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

async function busyboxArchive(): Promise<string> {
  await ensureDebianPackages(['busybox-static']);
  const rootDirectory = join(scratch, 'image');
  await mkdir(join(rootDirectory, 'bin'), { recursive: true });
  await mkdir(join(rootDirectory, 'tmp'));
  await copyFile('/bin/busybox', join(rootDirectory, 'bin/busybox'));
  for (const tool of ['sh', 'echo', 'head', 'httpd', 'nslookup', 'sleep', 'tail', 'wget'])
    await symlink('busybox', join(rootDirectory, 'bin', tool));
  const archive = join(scratch, 'busybox.tar');
  await writeOciArchive(archive, { rootDirectory, config: { Env: ['PATH=/bin'] }, name: 'localhost/test/busybox:1' });
  return archive;
}

function pod(name: string, nodeName: string, script: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      nodeName,
      restartPolicy: script.startsWith('exec') || name === 'web' ? 'Always' : 'Never',
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'main', image, command: ['sh', '-c', script] }],
    },
  };
}

function service(name: string, targetPort: number) {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app: name }, ports: [{ port: 80, targetPort }] } };
}

async function apply(object: object): Promise<void> {
  await execa(cluster.kubectlPath, [`--kubeconfig=${cluster.kubeconfigPath}`, 'apply', '--filename=-'], { input: JSON.stringify(object) });
}
