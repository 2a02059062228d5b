import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ensureGoTools, goToolSets, repositoryRoot } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import { webhooksSettings } from './settings.ts';

const objectSchema = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
});
const rolesSchema = z.object({
  rules: z.array(z.object({ resources: z.array(z.string()), resourceNames: z.array(z.string()).optional(), verbs: z.array(z.string()) })),
});

describe('the manifests', () => {
  let kubectl: string;
  beforeAll(async () => {
    kubectl = join(await ensureGoTools(goToolSets.kubernetes), 'kubectl');
  });

  const render = async (components: readonly string[] = [], more: object = {}) => {
    const folder = await mkdtemp(join(tmpdir(), 'bkop-manifests-'));
    try {
      const kustomization = {
        resources: [relative(folder, join(repositoryRoot, 'deploy/base'))],
        components: components.map(component => relative(folder, join(repositoryRoot, component))),
        ...more,
      };
      await writeFile(join(folder, 'kustomization.yaml'), stringify(kustomization));
      const { stdout } = await execa(kubectl, ['kustomize', folder], { stdin: 'ignore' });
      return parseAllDocuments(stdout).map(document => objectSchema.parse(document.toJS()));
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  type Objects = Awaited<ReturnType<typeof render>>;
  const find = (objects: Objects, kind: string, name: string) =>
    objects.find(object => object.kind === kind && object.metadata.name === name);
  const settings = (objects: Objects) => {
    const map = objects.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith('buildkite-operator-webhooks-settings'),
    );
    return webhooksSettings.parse({ POD_NAME: 'p', POD_NAMESPACE: 'n', ...z.record(z.string(), z.string()).parse(map?.['data']) });
  };
  const rights = (objects: Objects) =>
    objects
      .filter(({ kind, metadata }) => /^(Cluster)?Role$/.test(kind) && metadata.name.startsWith('buildkite-operator-webhooks'))
      .flatMap(role => rolesSchema.parse(role).rules)
      .flatMap(({ resources, resourceNames = ['*'], verbs }) =>
        resources.map(resource => `${resource} ${resourceNames.join()} ${verbs.join()}`),
      );

  it('give the webhooks no more rights than they use, by the names that the settings have', async () => {
    const objects = await render();
    const { TLS_SECRET, WEBHOOK_CONFIGURATION, SERVICE } = settings(objects);
    expect(rights(objects).toSorted()).toEqual([
      'buildenvironments * get,list,watch',
      'buildjobs * list',
      'events * create,patch',
      `mutatingwebhookconfigurations ${WEBHOOK_CONFIGURATION} get,list,watch,patch`,
      'namespaces * get',
      'nodes * list,watch',
      'pods * create',
      'secrets * create',
      `secrets ${TLS_SECRET} get,list,watch,update,delete`,
      `validatingwebhookconfigurations ${WEBHOOK_CONFIGURATION} get,list,watch,patch`,
    ]);
    expect(find(objects, 'Service', SERVICE)).toBeDefined();
  });

  it('name no other namespace than the one that an overlay chooses', async () => {
    const objects = await render([], { namespace: 'elsewhere' });
    const others = objects.filter(object => JSON.stringify(object).includes('"namespace":"buildkite-operator"'));
    expect(others.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([]);
    expect(JSON.stringify(find(objects, 'ValidatingWebhookConfiguration', 'buildkite-operator-webhooks'))).toContain(
      '"namespace":"elsewhere"',
    );
  });

  it('leave certificates, and the rights to them, to cert-manager with its component', async () => {
    const objects = await render(['deploy/components/cert-manager']);
    expect(settings(objects).CERTIFICATES).toBe('files');
    expect(rights(objects).filter(right => /secrets|webhookconfigurations/.test(right))).toEqual([]);
    for (const kind of ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']) {
      const injected = find(objects, kind, 'buildkite-operator-webhooks')?.metadata.annotations?.['cert-manager.io/inject-ca-from'];
      expect(injected).toBe('buildkite-operator/buildkite-operator-webhooks');
    }
    expect(objects.filter(({ kind }) => kind === 'Certificate' || kind === 'Issuer')).toHaveLength(4);
    const deployment = JSON.stringify(find(objects, 'Deployment', 'buildkite-operator-webhooks'));
    expect(deployment).toContain('buildkite-operator-webhooks-cert-manager');
    expect(deployment).toContain(settings(objects).CERTIFICATES_DIRECTORY);
  });
});
