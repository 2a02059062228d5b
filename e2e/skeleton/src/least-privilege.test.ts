import { randomUUID } from 'node:crypto';
import { attachCluster } from '@buildkite-operator/e2e-cluster';
import { LedDeployment } from '@buildkite-operator/e2e-testbed';
import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const testbed = useTestbed();

const namespace = () => testbed.session.info.namespace;

/** Whether the controller's service account may do this, a verb and a resource, as the API server says. */
async function mayController(deed: string, where: readonly string[]): Promise<boolean> {
  const account = `system:serviceaccount:${namespace()}:buildkite-operator-controller`;
  const { kubectlPath, kubeconfigPath } = await attachCluster();
  const question = ['auth', 'can-i', ...deed.split(' '), '--as', account, ...where];
  const { stdout } = await execa(kubectlPath, ['--kubeconfig', kubeconfigPath, ...question], { reject: false });
  return z.enum(['yes', 'no']).parse(stdout.trim().split('\n').at(-1)) === 'yes';
}

describe.concurrent('given the service account of the controller', () => {
  it.for([
    'list buildjobs.buildkite-operator.io',
    'delete buildjobs.buildkite-operator.io',
    'patch buildjobs.buildkite-operator.io --subresource=status',
    'watch buildenvironments.buildkite-operator.io',
    'create pods',
    'patch pods',
    'delete pods',
    'create events.events.k8s.io',
    'update leases.coordination.k8s.io/buildkite-operator-controller',
    'watch configmaps/buildkite-operator-config',
  ])('when it wants to %s in its namespace, then it may', async deed => {
    expect(await mayController(deed, ['-n', namespace()])).toBe(true);
  });

  it.for([
    'get secrets',
    'list secrets',
    'get configmaps',
    'get configmaps/another',
    'patch configmaps/buildkite-operator-config',
    'create pods --subresource=exec',
    'get pods --subresource=log',
    'create serviceaccounts --subresource=token',
    'create buildjobs.buildkite-operator.io',
    'update buildjobs.buildkite-operator.io',
    'patch buildjobs.buildkite-operator.io',
    'delete buildenvironments.buildkite-operator.io',
    'update leases.coordination.k8s.io/another',
    'delete leases.coordination.k8s.io/buildkite-operator-controller',
    'patch deployments.apps',
    'create rolebindings.rbac.authorization.k8s.io',
  ])('when it wants to %s in its namespace, then it may not', async deed => {
    expect(await mayController(deed, ['-n', namespace()])).toBe(false);
  });

  it.for(['list pods', 'create pods', 'get secrets', 'list buildjobs.buildkite-operator.io'])(
    'when it wants to %s in another namespace, then it may not',
    async deed => {
      expect(await mayController(deed, ['-n', 'default'])).toBe(false);
    },
  );

  it.for(['list nodes', 'list namespaces', 'get customresourcedefinitions.apiextensions.k8s.io'])(
    'when it wants to %s of the cluster, then it may not',
    async deed => {
      expect(await mayController(deed, [])).toBe(false);
    },
  );
});

/** Says of itself, inside the container, what it is and what it can. */
const confession = `
const { readFileSync, writeFileSync } = require('node:fs');
const status = Object.fromEntries(readFileSync('/proc/self/status', 'utf8').split('\\n').map(line => line.split(':\\t')));
const refusal = path => { try { writeFileSync(path, ''); return 'written'; } catch (error) { return error.code; } };
process.stdout.write(JSON.stringify({
  user: process.getuid(),
  capabilities: status.CapEff + status.CapPrm + status.CapBnd,
  newPrivileges: status.NoNewPrivs,
  seccomp: status.Seccomp,
  writes: ['/file', '/app/file', '/tmp/file', '/usr/local/bin/file'].map(refusal),
}));`;

describe.concurrent('given a running controller', () => {
  it('when one looks at its process, then it is no root, has no capability, and can write nowhere', async () => {
    const [pod] = await new LedDeployment(testbed.session, 'controller').pods();
    const answer = await testbed.session.kubectl(['exec', '-n', namespace(), pod?.metadata.name ?? '', '--', 'node', '-e', confession]);
    expect(JSON.parse(answer)).toEqual({
      user: 1000,
      capabilities: '0'.repeat(48),
      newPrivileges: '1',
      seccomp: '2',
      writes: ['EROFS', 'EROFS', 'EROFS', 'EROFS'],
    });
  });

  it('when its namespace asks for the restricted Pod Security level, then it conforms', async () => {
    const { kubectl } = testbed.session;
    const name = `restricted-${randomUUID()}`;
    const labels = { 'pod-security.kubernetes.io/warn': 'restricted', 'pod-security.kubernetes.io/warn-version': 'latest' };
    await kubectl(['create', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }) });
    try {
      const deployment = deploymentSchema.parse(
        JSON.parse(await kubectl(['get', 'deployment', 'buildkite-operator-controller', '-n', namespace(), '-o', 'json'])),
      );
      expect(await warnings(name, deployment.spec)).toBe('');
      const { template } = deployment.spec;
      const lax = { ...deployment.spec, template: { ...template, spec: { ...template.spec, hostNetwork: true } } };
      expect(await warnings(name, lax)).toContain('would violate PodSecurity "restricted:latest": host namespaces');
    } finally {
      await kubectl(['delete', 'namespace', name, '--wait=false']);
    }
  });
});

const deploymentSchema = z.object({ spec: z.looseObject({ template: z.looseObject({ spec: z.looseObject({}) }) }) });

/** What the API server warns of when such a Deployment would be made in this namespace. */
async function warnings(name: string, spec: object): Promise<string> {
  const { kubectlPath, kubeconfigPath } = await attachCluster();
  const input = JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'controller', namespace: name }, spec });
  const { stderr } = await execa(kubectlPath, ['--kubeconfig', kubeconfigPath, 'create', '--dry-run=server', '-f', '-'], { input });
  return stderr;
}
