import { stringify } from 'yaml';
import type { NodeTaint } from './cluster-state.ts';

/** Name of the pause image; it is loaded into every node, so no registry serves it. */
export const pauseImage = 'docker.io/local-cluster/pause:1';

export interface NodeConfigOptions {
  /** Where the kubelet makes the cgroups of pods, e.g. `/bkop-1a2b3c4d/node-1`. */
  readonly cgroup: string;
  readonly name: string;
  /** Ranges of the pods of all nodes, and of this one. */
  readonly clusterPodRange: string;
  readonly podRange: string;
  readonly dnsServiceAddress: string;
  /** What image names begin with, and the `http://` address that serves them. */
  readonly registryName: string;
  readonly registryUrl: string;
  /** Taints that the node registers with. */
  readonly taints?: readonly NodeTaint[] | undefined;
}

/** Kubernetes reads YAML 1.1, in which an unquoted yes is no text. */
const forKubernetes = { version: '1.1' } as const;

/** The files of a node's configuration folder by path; secrets come separately. */
export function renderNodeConfig(options: NodeConfigOptions): Readonly<Record<string, string>> {
  return {
    'kubelet.yaml': stringify(kubeletConfig(options), forKubernetes),
    'kube-proxy.yaml': stringify(kubeProxyConfig(options), forKubernetes),
    'containerd.toml': containerdConfig,
    'cni/10-pods.conflist': JSON.stringify(podNetwork(options.podRange), undefined, 2),
    [`registries/${options.registryName}/hosts.toml`]: registryConfig(options),
    'resolv.conf': `nameserver ${options.dnsServiceAddress}\n`,
  };
}

function kubeletConfig({ cgroup, dnsServiceAddress, taints = [] }: NodeConfigOptions): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: '/run/node/etc/ca.crt' } },
    authorization: { mode: 'Webhook' },
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    clusterDomain: 'cluster.local',
    clusterDNS: [dnsServiceAddress],
    resolvConf: '/run/node/etc/resolv.conf',
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: cgroup,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    registerWithTaints: taints,
    // The disk is the host's: what others have on it must not evict our pods, nor drop our images.
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'nodefs.inodesFree': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    podLogsDir: '/var/log/pods',
    volumePluginDir: '/var/lib/kubelet/volume-plugins',
    readOnlyPort: 0,
    // Renewed four times within this span; the node controller waits 12 s before it gives a node up.
    nodeLeaseDurationSeconds: 12,
    serializeImagePulls: false,
    registryPullQPS: 0,
    eventRecordQPS: 0,
    kubeAPIQPS: 200,
    kubeAPIBurst: 400,
  };
}

/** kube-proxy's configuration on a node; conntrack limits belong to the host and cannot be set from here. */
export function kubeProxyConfig({ name, clusterPodRange }: { readonly name: string; readonly clusterPodRange: string }): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: '/run/node/etc/kube-proxy.kubeconfig' },
    hostnameOverride: name,
    mode: 'iptables',
    clusterCIDR: clusterPodRange,
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    healthzBindAddress: '0.0.0.0:10256',
    iptables: { minSyncPeriod: '100ms' },
  };
}

const containerdConfig = `version = 2

[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  max_concurrent_downloads = 8

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "/run/node/etc/cni"

[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "/run/node/etc/registries"
`;

function podNetwork(podRange: string): object {
  return {
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        ipMasq: false,
        hairpinMode: true,
        ipam: { type: 'host-local', ranges: [[{ subnet: podRange }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

function registryConfig({ registryUrl }: NodeConfigOptions): string {
  return `server = "${registryUrl}"\n\n[host."${registryUrl}"]\n  capabilities = ["pull", "resolve"]\n`;
}
