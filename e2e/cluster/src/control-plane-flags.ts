import type { KeyPair } from './certificates.ts';

/** etcd with a single member. It never calls fsync: fast, and lost if the machine (not the process) dies. */
export function etcdFlags(options: { readonly dataDirectory: string; readonly clientUrl: string }): string[] {
  return [
    `--data-dir=${options.dataDirectory}`,
    `--listen-client-urls=${options.clientUrl}`,
    `--advertise-client-urls=${options.clientUrl}`,
    // Port 0: a single member has no peers, but etcd insists on listening for them.
    '--listen-peer-urls=http://127.0.0.1:0',
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

export interface ApiServerFlagOptions {
  readonly etcdUrl: string;
  readonly bindAddress: string;
  readonly port: number;
  readonly serviceRange: string;
  readonly authority: string;
  readonly serving: KeyPair;
  readonly serviceAccount: { readonly privateKey: string; readonly publicKey: string };
}

/** What every API server of ours is started with: RBAC, client certificates, service account tokens, streamed lists. */
export function apiServerFlags(options: ApiServerFlagOptions): string[] {
  return [
    `--etcd-servers=${options.etcdUrl}`,
    `--bind-address=${options.bindAddress}`,
    `--secure-port=${options.port}`,
    `--service-cluster-ip-range=${options.serviceRange}`,
    `--client-ca-file=${options.authority}`,
    `--tls-cert-file=${options.serving.certificate}`,
    `--tls-private-key-file=${options.serving.key}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${options.serviceAccount.publicKey}`,
    `--service-account-signing-key-file=${options.serviceAccount.privateKey}`,
    '--allow-privileged',
    '--feature-gates=WatchList=true',
    '--profiling=false',
  ];
}
