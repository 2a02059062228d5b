import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { errorMessage, OperatorError } from '@buildkite-operator/service';
import type { KubeConfig } from '@kubernetes/client-node';
import type { ClusterAccess, TlsMaterial } from './cluster-access.ts';
import { kubeconfigTokenFiles } from './kubeconfig-token-files.ts';

/**
 * The access that a kubeconfig describes; `context` overrides its current one. Certificates, tokens, token files and exec
 * plugins work as client-node understands them. Throws `InvalidKubeconfig`, naming the file and what is wrong.
 */
export async function kubeconfigAccess(files: readonly string[], context: string | undefined): Promise<ClusterAccess> {
  const fail: Fail = (problem, cause) => {
    throw new OperatorError('InvalidKubeconfig', `kubeconfig ${files.join(':')}: ${problem}`, { cause });
  };
  const { config, tokenFiles } = await readFiles(files, fail);
  if (context !== undefined) config.setCurrentContext(context);
  const { server, namespace } = chosenCluster(config, fail);
  const tokenFile = tokenFiles.get(config.getCurrentUser()?.name ?? '');
  return {
    server,
    namespace,
    readCredentials: async () => {
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      const headers = Object.fromEntries(Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]));
      if (typeof options.auth === 'string') headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
      if (tokenFile !== undefined) headers['authorization'] = `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}`;
      return { headers, tls: tlsOf(options) };
    },
  };
}

type Fail = (problem: string, cause?: unknown) => never;

async function readFiles(files: readonly string[], fail: Fail): Promise<{ config: KubeConfig; tokenFiles: Map<string, string> }> {
  // Loaded here only: the package costs 50 MB of memory, which a pod with its own service account need not spend.
  const { KubeConfig, loadYaml } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  let tokenFiles = new Map<string, string>();
  try {
    for (const [index, file] of files.entries()) {
      const part = new KubeConfig();
      part.loadFromFile(file);
      if (index === 0) config.loadFromOptions(part);
      else config.mergeConfig(part, true);
      // As with everything in a kubeconfig, the first file that says something wins.
      tokenFiles = new Map([...kubeconfigTokenFiles(loadYaml(await readFile(file, 'utf8')), file), ...tokenFiles]);
    }
  } catch (cause) {
    fail(`cannot be read: ${errorMessage(cause)}`, cause);
  }
  return { config, tokenFiles };
}

function chosenCluster(config: KubeConfig, fail: Fail): { server: URL; namespace: string | undefined } {
  const context = config.getContextObject(config.getCurrentContext());
  if (context === null) {
    const known = config.getContexts().map(each => each.name);
    return fail(`there is no context "${config.getCurrentContext()}"; there are: ${known.join(', ') || 'none'}`);
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) return fail(`context "${context.name}" names the cluster "${context.cluster}", which is not there`);
  const what = `cluster "${cluster.name}"`;
  if (cluster.proxyUrl !== undefined) return fail(`${what} has a proxy-url, which is not supported: remove it`);
  if (!URL.canParse(cluster.server)) return fail(`${what}: server "${cluster.server}" is not a URL`);
  const server = new URL(cluster.server);
  if (server.protocol !== 'https:') return fail(`${what}: server "${cluster.server}" must begin with https://`);
  return { server, namespace: context.namespace };
}

function tlsOf(options: RequestOptions): TlsMaterial {
  return {
    ...pem('ca', options.ca),
    ...pem('cert', options.cert),
    ...pem('key', options.key),
    ...(options.servername === undefined ? {} : { servername: options.servername }),
    ...(options.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: options.rejectUnauthorized }),
  };
}

function pem(name: 'ca' | 'cert' | 'key', value: unknown): TlsMaterial {
  return typeof value === 'string' || Buffer.isBuffer(value) ? { [name]: value.toString() } : {};
}
