import { join } from 'node:path';
import { ensureDebianPackages, ensureGoTools, goToolSets, type ScratchDirectory, scratchDirectory } from '@buildkite-operator/e2e-setup';
import { CertificateAuthority, createServiceAccountKey } from './certificates.ts';
import { ClusterError } from './cluster-error.ts';
import { apiServerFlags, etcdFlags } from './control-plane-flags.ts';
import { freePort } from './free-port.ts';
import { probeHttps } from './https-probe.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { OwnedProcess } from './owned-process.ts';
import { waitUntil } from './wait-until.ts';

export interface StartApiServerOptions {
  /** Added after our own flags, so that they win, e.g. `--max-requests-inflight=5`. */
  readonly extraFlags?: readonly string[];
  /** Aborts the start; what was already started is stopped. */
  readonly signal?: AbortSignal;
}

/** A real etcd and kube-apiserver and nothing else: no controllers, no scheduler, no nodes. */
export interface ApiServer extends AsyncDisposable {
  /** `https://127.0.0.1:PORT`; stays the same across restarts. */
  readonly url: string;
  /** Cluster administrator by client certificate. */
  readonly kubeconfigPath: string;
  /** Holds the logs and the data; removed by `stop`. */
  readonly directory: string;
  /** SIGKILL to kube-apiserver; etcd and what it holds stay. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts kube-apiserver again on the same port and waits until it is ready. Does nothing when it runs. */
  start(): Promise<void>;
  /** `kill`, then `start`. */
  restart(): Promise<void>;
  /** Ends both processes and removes the folder. */
  stop(): Promise<void>;
}

const readyTimeoutMs = 60_000;
const startAttempts = 3;

/**
 * Starts etcd and kube-apiserver on free ports of 127.0.0.1 and waits until the server is ready. Needs no root.
 * Neither the processes nor their files outlive the calling process, even if that is killed.
 * Pod creation needs no service account here, since nothing would make one.
 */
export async function startApiServer(options: StartApiServerOptions = {}): Promise<ApiServer> {
  await ensureDebianPackages(['openssl']);
  const binaries = await ensureGoTools(goToolSets.kubernetes);
  for (let attempt = 1; ; attempt += 1) {
    const scratch = await scratchDirectory('bkop-api-server-');
    const server = await LocalApiServer.prepare(binaries, scratch, options);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.stop();
      // A port found free may be taken a moment later by somebody else; with a new one it works.
      if (attempt === startAttempts || options.signal?.aborted === true) throw error;
    }
  }
}

class LocalApiServer implements ApiServer {
  readonly url: string;
  readonly kubeconfigPath: string;
  readonly directory: string;
  readonly #startEtcd: () => OwnedProcess;
  readonly #startServer: () => OwnedProcess;
  readonly #scratch: ScratchDirectory;
  readonly #signal: AbortSignal | undefined;
  #etcd: OwnedProcess | undefined;
  #server: OwnedProcess | undefined;

  private constructor(options: {
    readonly url: string;
    readonly kubeconfigPath: string;
    readonly scratch: ScratchDirectory;
    readonly signal: AbortSignal | undefined;
    readonly startEtcd: () => OwnedProcess;
    readonly startServer: () => OwnedProcess;
  }) {
    this.url = options.url;
    this.kubeconfigPath = options.kubeconfigPath;
    this.directory = options.scratch.path;
    this.#scratch = options.scratch;
    this.#signal = options.signal;
    this.#startEtcd = options.startEtcd;
    this.#startServer = options.startServer;
  }

  static async prepare(binaries: string, scratch: ScratchDirectory, options: StartApiServerOptions): Promise<LocalApiServer> {
    const directory = scratch.path;
    const authority = await CertificateAuthority.create(join(directory, 'pki'));
    const [serving, admin, serviceAccount, etcdPort, port] = await Promise.all([
      authority.sign({ name: 'api-server', commonName: 'kube-apiserver', alternativeNames: ['IP:127.0.0.1', 'DNS:localhost'] }),
      authority.sign({ name: 'admin', commonName: 'admin', organization: 'system:masters' }),
      createServiceAccountKey(join(directory, 'pki')),
      freePort(),
      freePort(),
    ]);
    const url = `https://127.0.0.1:${port}`;
    const etcdUrl = `http://127.0.0.1:${etcdPort}`;
    const kubeconfigPath = join(directory, 'kubeconfig');
    await writeKubeconfig(kubeconfigPath, { name: 'api-server', server: url, authority: authority.certificate, pair: admin });
    const etcd = etcdFlags({ dataDirectory: join(directory, 'etcd'), clientUrl: etcdUrl });
    const flags = [
      ...apiServerFlags({
        etcdUrl,
        bindAddress: '127.0.0.1',
        port,
        serviceRange: '10.0.0.0/24',
        authority: authority.certificate,
        serving,
        serviceAccount,
      }),
      '--authorization-mode=RBAC',
      '--disable-admission-plugins=ServiceAccount',
      // A loopback address is not allowed in the endpoints of the kubernetes service.
      '--endpoint-reconciler-type=none',
      ...(options.extraFlags ?? []),
    ];
    return new LocalApiServer({
      url,
      kubeconfigPath,
      scratch,
      signal: options.signal,
      startEtcd: () => OwnedProcess.start(join(binaries, 'server'), etcd, join(directory, 'etcd.log')),
      startServer: () => OwnedProcess.start(join(binaries, 'kube-apiserver'), flags, join(directory, 'kube-apiserver.log')),
    });
  }

  async start(): Promise<void> {
    if (this.#server?.running === true) return;
    if (this.#etcd?.running !== true) this.#etcd = this.#startEtcd();
    const server = this.#startServer();
    this.#server = server;
    await waitUntil(
      async () => {
        if (!server.running) throw new ClusterError('start-failed', `kube-apiserver ended while starting\n${await server.logTail()}`);
        return (await probeHttps(`${this.url}/readyz`)) === 200;
      },
      { what: 'kube-apiserver to be ready', timeoutMs: readyTimeoutMs, explain: () => server.logTail(), signal: this.#signal },
    );
  }

  async kill(): Promise<void> {
    await this.#server?.kill();
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#server?.kill(), this.#etcd?.kill()]);
    await this.#scratch[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
