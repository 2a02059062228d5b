import type { RequestOptions } from 'node:https';
import { errorMessage, OperatorError } from '@buildkite-operator/service';
import type { ClusterAccess, TlsMaterial } from './cluster-access.ts';
import { readTokenFile } from './token-file.ts';

/**
 * The access that a kubeconfig describes; `context` overrides its current one. Certificates, tokens, token files and exec
 * plugins work as client-node understands them. Throws `InvalidKubeconfig`, naming the file and what is wrong.
 */
export async function kubeconfigAccess(files: readonly string[], context: string | undefined): Promise<ClusterAccess> {
  // Loaded here only: the package costs 50 MB of memory, which a pod with its own service account need not spend.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const invalid = (problem: string, cause?: unknown) =>
    new OperatorError('InvalidKubeconfig', `kubeconfig ${files.join(':')}: ${problem}`, { cause });
  try {
    for (const [index, file] of files.entries()) {
      const part = new KubeConfig();
      part.loadFromFile(file);
      if (index === 0) config.loadFromOptions(part);
      else config.mergeConfig(part, true);
    }
  } catch (cause) {
    throw invalid(`cannot be read: ${errorMessage(cause)}`, cause);
  }
  if (context !== undefined) config.setCurrentContext(context);
  const chosen = config.getContextObject(config.getCurrentContext());
  if (chosen === null) {
    const known = config.getContexts().map(each => each.name);
    throw invalid(`there is no context "${config.getCurrentContext()}"; there are: ${known.join(', ') || 'none'}`);
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw invalid(`context "${chosen.name}" names the cluster "${chosen.cluster}", which is not there`);
  if (cluster.proxyUrl !== undefined) throw invalid(`cluster "${cluster.name}" has a proxy-url, which is not supported: remove it`);
  if (!URL.canParse(cluster.server)) throw invalid(`cluster "${cluster.name}": server "${cluster.server}" is not a URL`);
  const server = new URL(cluster.server);
  if (server.protocol !== 'https:') throw invalid(`cluster "${cluster.name}": server "${cluster.server}" must begin with https://`);

  return {
    server,
    namespace: chosen.namespace,
    readCredentials: async () => {
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      const user = config.getCurrentUser();
      const headers = Object.fromEntries(Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]));
      if (typeof options.auth === 'string') headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
      // client-node looks at a token file once a minute only, and so not when the server has just refused the old token.
      const token = await readTokenFile(user?.authProvider?.config);
      if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
      return { headers, tls: tlsOf(options) };
    },
  };
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
