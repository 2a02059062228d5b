import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inClusterAccess } from './in-cluster-access.ts';
import { loadClusterAccess } from './load-cluster-access.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bkop-kube-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Sketch {
  readonly server?: string;
  readonly user?: Record<string, unknown>;
  readonly cluster?: Record<string, unknown>;
  readonly current?: string;
  readonly contexts?: readonly string[];
}

/** Writes a kubeconfig (JSON is YAML) whose contexts all lead to one cluster and one user. */
async function kubeconfig(sketch: Sketch = {}, name = 'config'): Promise<string> {
  const { server = 'https://one.example:6443', user = {}, cluster = {}, contexts = ['main'], current = contexts[0] } = sketch;
  const path = join(folder, name);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': current,
    contexts: contexts.map(context => ({
      name: context,
      context: { cluster: `cluster-${name}`, user: `user-${name}`, namespace: `ns-${context}` },
    })),
    clusters: [{ name: `cluster-${name}`, cluster: { server, ...cluster } }],
    users: [{ name: `user-${name}`, user }],
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a kubeconfig', () => {
  it('gives server, namespace, certificates and server name', async () => {
    const path = await kubeconfig({
      cluster: { 'certificate-authority-data': base64('the CA'), 'tls-server-name': 'inner.example' },
      user: { 'client-certificate-data': base64('the cert'), 'client-key-data': base64('the key') },
    });
    const access = await loadClusterAccess({ kubeconfig: path, environment: {} });
    expect([access.server.href, access.namespace]).toEqual(['https://one.example:6443/', 'ns-main']);
    expect(await access.readCredentials()).toEqual({
      headers: {},
      tls: { ca: 'the CA', cert: 'the cert', key: 'the key', servername: 'inner.example' },
    });
  });

  it.each([
    ['token', { token: 'abc' }, 'Bearer abc'],
    ['user and password', { username: 'me', password: 'secret' }, `Basic ${base64('me:secret')}`],
  ])('gives the %s of its user', async (_what, user, authorization) => {
    const access = await loadClusterAccess({ kubeconfig: await kubeconfig({ user }), environment: {} });
    expect((await access.readCredentials()).headers).toEqual({ authorization });
  });

  it('gives what its exec plugin says', async () => {
    const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: 'from-plugin' } };
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'echo', args: [JSON.stringify(credential)] };
    const access = await loadClusterAccess({ kubeconfig: await kubeconfig({ user: { exec } }), environment: {} });
    expect((await access.readCredentials()).headers).toEqual({ authorization: 'Bearer from-plugin' });
  });

  it('gives certificates and tokens that are files as they are at that moment', async () => {
    const [ca, token] = [join(folder, 'ca.crt'), join(folder, 'token')];
    await writeFile(ca, 'CA 1');
    await writeFile(token, 'token-1\n');
    const path = await kubeconfig({ cluster: { 'certificate-authority': 'ca.crt' }, user: { tokenFile: 'token' } });
    const access = await loadClusterAccess({ kubeconfig: path, environment: {} });
    expect(await access.readCredentials()).toEqual({ headers: { authorization: 'Bearer token-1' }, tls: { ca: 'CA 1' } });
    await writeFile(ca, 'CA 2');
    await writeFile(token, 'token-2\n');
    expect(await access.readCredentials()).toEqual({ headers: { authorization: 'Bearer token-2' }, tls: { ca: 'CA 2' } });
  });

  it('may leave the server’s certificate unchecked', async () => {
    const access = await loadClusterAccess({
      kubeconfig: await kubeconfig({ cluster: { 'insecure-skip-tls-verify': true } }),
      environment: {},
    });
    expect((await access.readCredentials()).tls).toEqual({ rejectUnauthorized: false });
  });

  it('has the context that is asked for instead of its current one', async () => {
    const path = await kubeconfig({ contexts: ['main', 'other'] });
    expect((await loadClusterAccess({ kubeconfig: path, context: 'other', environment: {} })).namespace).toBe('ns-other');
  });

  it('may be several files, of which the first one’s current context counts', async () => {
    const first = await kubeconfig({ contexts: ['main'] }, 'first');
    const second = await kubeconfig({ contexts: ['other'], server: 'https://two.example' }, 'second');
    const environment = { KUBECONFIG: [first, second].join(delimiter) };
    expect((await loadClusterAccess({ environment })).server.href).toBe('https://one.example:6443/');
    expect((await loadClusterAccess({ environment, context: 'other' })).server.href).toBe('https://two.example/');
  });

  it.each([
    ['a context that is not there', { contexts: ['a', 'b'], current: 'c' }, 'there is no context "c"; there are: a, b'],
    ['no current context', { contexts: [] }, 'there are: none'],
    ['a server that is no URL', { server: 'one.example' }, 'server "one.example" is not a URL'],
    ['a server without TLS', { server: 'http://one.example' }, 'must begin with https://'],
    ['a proxy', { cluster: { 'proxy-url': 'http://proxy' } }, 'proxy-url'],
  ])('with %s is refused with the reason', async (_what, sketch, reason) => {
    const path = await kubeconfig(sketch);
    await expect(loadClusterAccess({ kubeconfig: path, environment: {} })).rejects.toMatchObject({
      code: 'InvalidKubeconfig',
      message: expect.stringContaining(reason),
    });
  });

  it.each([
    ['is missing', undefined],
    ['is no YAML', 'a: [b'],
    ['is empty', ''],
  ])('that %s is refused with its path', async (_what, content) => {
    const path = join(folder, 'broken');
    if (content !== undefined) await writeFile(path, content);
    await expect(loadClusterAccess({ kubeconfig: path, environment: {} })).rejects.toMatchObject({
      code: 'InvalidKubeconfig',
      message: expect.stringContaining(path),
    });
  });
});

describe('the choice of the cluster', () => {
  const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

  it('prefers KUBECONFIG to being a pod, and that to the one in the home folder', async () => {
    await mkdir(join(folder, '.kube'));
    await kubeconfig({ server: 'https://home.example' }, '.kube/config');
    const named = await kubeconfig({ server: 'https://named.example' }, 'named');
    const home = { HOME: folder };
    expect((await loadClusterAccess({ environment: { ...pod, ...home, KUBECONFIG: named } })).server.hostname).toBe('named.example');
    await expect(loadClusterAccess({ environment: { ...pod, ...home } })).rejects.toMatchObject({ code: 'NotInCluster' });
    expect((await loadClusterAccess({ environment: { ...pod, ...home }, context: 'main' })).server.hostname).toBe('home.example');
    expect((await loadClusterAccess({ environment: home })).server.hostname).toBe('home.example');
  });

  it('says what to do when there is none', async () => {
    await expect(loadClusterAccess({ environment: { HOME: folder } })).rejects.toMatchObject({
      code: 'NotInCluster',
      message: expect.stringContaining('KUBECONFIG'),
    });
  });
});

describe('a pod', () => {
  const files = async (token: string) => {
    await Promise.all([
      writeFile(join(folder, 'token'), `${token}\n`),
      writeFile(join(folder, 'ca.crt'), 'the CA'),
      writeFile(join(folder, 'namespace'), 'mine'),
    ]);
  };

  it.each([
    ['10.0.0.1', 'https://10.0.0.1:6443/'],
    ['fd00::1', 'https://[fd00::1]:6443/'],
  ])('at %s finds server, namespace and the token of the moment', async (host, href) => {
    await files('first');
    const access = await inClusterAccess({ KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: '6443' }, folder);
    expect([access.server.href, access.namespace]).toEqual([href, 'mine']);
    await files('second');
    expect(await access.readCredentials()).toEqual({ headers: { authorization: 'Bearer second' }, tls: { ca: 'the CA' } });
  });

  it('without a token is told at once', async () => {
    await files('first');
    await rm(join(folder, 'token'));
    const access = inClusterAccess({ KUBERNETES_SERVICE_HOST: 'h', KUBERNETES_SERVICE_PORT: '1' }, folder);
    await expect(access).rejects.toMatchObject({ code: 'NotInCluster', message: expect.stringContaining('automountServiceAccountToken') });
  });
});
