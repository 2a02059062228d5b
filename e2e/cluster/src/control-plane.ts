import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { CertificateAuthority, createServiceAccountKey, serviceAccountKey } from './certificates.ts';
import { ClusterError } from './cluster-error.ts';
import { apiServerPort, type ClusterLayout, registryHost, registryPort } from './cluster-layout.ts';
import { dnsUser } from './cluster-objects.ts';
import { apiServerFlags, etcdFlags } from './control-plane-flags.ts';
import type { ProcessPlan } from './detached-process.ts';
import { probeHttps } from './https-probe.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { kubeProxyConfig } from './node-config.ts';
import { waitUntil } from './wait-until.ts';

/** The processes beside the nodes, all in the control plane's network namespace. */
export const controlPlaneComponents = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'coredns',
  'registry',
] as const;

export type ControlPlaneComponent = (typeof controlPlaneComponents)[number];

const etcdUrl = 'http://127.0.0.1:2379';

/** Who talks to the API server, and as whom. */
const clients = [
  { name: 'admin', commonName: 'local-cluster-admin', organization: 'system:masters' },
  { name: 'kube-controller-manager', commonName: 'system:kube-controller-manager' },
  { name: 'kube-scheduler', commonName: 'system:kube-scheduler' },
  { name: 'kube-proxy', commonName: 'system:kube-proxy' },
  { name: 'coredns', commonName: dnsUser },
] as const;

/** Makes the keys and configuration files of a new control plane. */
export async function prepareControlPlane(layout: ClusterLayout): Promise<void> {
  const { pki, subnet } = layout;
  const authority = await CertificateAuthority.create(pki);
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost'];
  const addresses = [subnet.controlPlaneAddress, subnet.hostAddress, subnet.apiServiceAddress, '127.0.0.1'];
  await mkdir(configDirectory(layout), { recursive: true });
  await Promise.all([
    createServiceAccountKey(pki),
    authority.sign({
      name: 'api-server',
      commonName: 'kube-apiserver',
      alternativeNames: [...names.map(name => `DNS:${name}`), ...addresses.map(address => `IP:${address}`)],
    }),
    authority.sign({ name: 'kubelet-client', commonName: 'kube-apiserver-kubelet-client', organization: 'system:masters' }),
    ...clients.map(async client => {
      const pair = await authority.sign(client);
      const options = { name: layout.identity.id, server: layout.apiServerUrl, authority: authority.certificate, pair };
      await writeKubeconfig(kubeconfigOf(layout, client.name), options);
    }),
    writeFile(join(configDirectory(layout), 'registry.yaml'), stringify(registryConfig(layout))),
    writeFile(join(configDirectory(layout), 'Corefile'), corefile(layout)),
    writeFile(
      join(configDirectory(layout), 'kube-proxy.yaml'),
      stringify({
        ...kubeProxyConfig({ name: 'node-1', clusterPodRange: subnet.podRange }),
        clientConnection: { kubeconfig: kubeconfigOf(layout, 'kube-proxy') },
      }),
    ),
  ]);
}

/** How one component is started. */
export function componentPlan(layout: ClusterLayout, name: ControlPlaneComponent): ProcessPlan {
  return {
    name,
    ...componentCommands[name](layout, configDirectory(layout)),
    cgroup: layout.cgroup('control-plane'),
    networkNamespace: layout.network.namespace('control-plane'),
  };
}

type Command = Pick<ProcessPlan, 'program' | 'parameters' | 'environment'>;

const componentCommands: Readonly<Record<ControlPlaneComponent, (layout: ClusterLayout, config: string) => Command>> = {
  etcd: ({ tools, identity }) => ({
    program: join(tools.kubernetes, 'server'),
    parameters: etcdFlags({ dataDirectory: join(identity.directory, 'etcd'), clientUrl: etcdUrl }),
  }),
  'kube-apiserver': layout => ({
    program: join(layout.tools.kubernetes, 'kube-apiserver'),
    parameters: clusterApiServerFlags(layout),
  }),
  'kube-controller-manager': layout => ({
    program: join(layout.tools.kubernetes, 'kube-controller-manager'),
    parameters: controllerManagerFlags(layout),
  }),
  'kube-scheduler': layout => ({
    program: join(layout.tools.kubernetes, 'kube-scheduler'),
    parameters: [`--kubeconfig=${kubeconfigOf(layout, 'kube-scheduler')}`, '--leader-elect=false'],
  }),
  'kube-proxy': ({ tools }, config) => ({
    program: join(tools.kubernetes, 'kube-proxy'),
    parameters: [`--config=${join(config, 'kube-proxy.yaml')}`],
  }),
  coredns: ({ tools }, config) => ({ program: join(tools.coredns, 'coredns'), parameters: ['-conf', join(config, 'Corefile')] }),
  registry: ({ tools }, config) => ({
    program: join(tools.registry, 'registry'),
    parameters: ['serve', join(config, 'registry.yaml')],
    // Version 3 otherwise looks for a collector of traces.
    environment: { OTEL_TRACES_EXPORTER: 'none' },
  }),
};

/** Waits until the API server is ready; throws `start-failed` with the end of its log as soon as it has ended. */
export async function waitForApiServer(layout: ClusterLayout, signal?: AbortSignal): Promise<void> {
  const explain = () => layout.processes.logTail('kube-apiserver');
  await waitUntil(
    async () => {
      if (layout.processes.find('kube-apiserver') === undefined)
        throw new ClusterError('start-failed', `kube-apiserver ended while starting\n${await explain()}`);
      return (await probeHttps(`${layout.apiServerUrl}/readyz`)) === 200;
    },
    { what: 'kube-apiserver to be ready', timeoutMs: 60_000, explain, signal },
  );
}

function clusterApiServerFlags(layout: ClusterLayout): string[] {
  const { subnet, pki } = layout;
  const authority = CertificateAuthority.existing(pki);
  const kubeletClient = authority.pair('kubelet-client');
  return [
    ...apiServerFlags({
      etcdUrl,
      bindAddress: '0.0.0.0',
      port: apiServerPort,
      serviceRange: subnet.serviceRange,
      authority: authority.certificate,
      serving: authority.pair('api-server'),
      serviceAccount: serviceAccountKey(pki),
    }),
    `--advertise-address=${subnet.controlPlaneAddress}`,
    '--authorization-mode=RBAC,Node',
    '--enable-admission-plugins=NodeRestriction',
    // By name is the default, and nothing resolves the names of nodes.
    '--kubelet-preferred-address-types=InternalIP',
    `--kubelet-client-certificate=${kubeletClient.certificate}`,
    `--kubelet-client-key=${kubeletClient.key}`,
  ];
}

function controllerManagerFlags(layout: ClusterLayout): string[] {
  const authority = CertificateAuthority.existing(layout.pki);
  return [
    `--kubeconfig=${kubeconfigOf(layout, 'kube-controller-manager')}`,
    `--service-account-private-key-file=${serviceAccountKey(layout.pki).privateKey}`,
    `--root-ca-file=${authority.certificate}`,
    '--use-service-account-credentials',
    // By default it makes a folder beneath /usr.
    `--flex-volume-plugin-dir=${join(configDirectory(layout), 'volume-plugins')}`,
    // With leader election it would end whenever the API server is away for long.
    '--leader-elect=false',
    '--node-monitor-period=2s',
    '--node-monitor-grace-period=12s',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
  ];
}

function registryConfig(layout: ClusterLayout): object {
  return {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: layout.identity.registryDirectory }, delete: { enabled: true } },
    http: { addr: `${layout.subnet.controlPlaneAddress}:${registryPort}` },
  };
}

/**
 * Names outside the cluster do not exist: nothing in it may leave the machine. One block for each kind of name, because
 * CoreDNS asks its plugins in an order of its own, in which `template` comes before the others.
 */
function corefile(layout: ClusterLayout): string {
  const { controlPlaneAddress } = layout.subnet;
  return `cluster.local:53 in-addr.arpa:53 {
  bind ${controlPlaneAddress}
  errors
  ready ${controlPlaneAddress}:8181
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${kubeconfigOf(layout, 'coredns')}
    pods insecure
    ttl 5
  }
}

${registryHost}:53 {
  bind ${controlPlaneAddress}
  errors
  hosts {
    ${controlPlaneAddress} ${registryHost}
  }
}

.:53 {
  bind ${controlPlaneAddress}
  errors
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`;
}

function kubeconfigOf(layout: ClusterLayout, client: (typeof clients)[number]['name']): string {
  return client === 'admin' ? layout.kubeconfigPath : join(configDirectory(layout), `${client}.kubeconfig`);
}

function configDirectory(layout: ClusterLayout): string {
  return join(layout.identity.directory, 'config');
}
