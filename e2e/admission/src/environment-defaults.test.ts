import type { BuildEnvironment } from '@buildkite-operator/crds';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeConfig } from './change-config.ts';
import { type CorpusObject, environment } from './corpus/corpus-object.ts';
import { refusalOf } from './refusal.ts';
import { shortcomingsOf } from './shortcomings.ts';
import { useAdmission } from './use-admission.ts';

const admission = useAdmission();

const scan = { name: 'scan', image: 'scanner:3', command: ['scan'] };
const proxy = { name: 'proxy', image: 'proxy:1', essential: true };
const toleration = { key: 'example.com/ci', operator: 'Exists', effect: 'NoSchedule' } as const;

/** What an administrator gives to every environment. */
const defaults = {
  initContainers: [scan],
  extraContainers: [proxy],
  tolerations: [toleration],
  podLabels: { team: 'nobody', managed: 'true' },
  podAnnotations: { 'example.com/cost-center': '0' },
  resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '1Gi' } },
  imagePullPolicy: 'IfNotPresent',
} as const;

/** What is stored when somebody creates it; nothing is. */
async function stored(object: CorpusObject): Promise<BuildEnvironment> {
  return (await admission.current.create(object, true)) as BuildEnvironment;
}

describe('given defaults for environments', () => {
  let change: AsyncDisposable | undefined;
  beforeAll(async () => {
    change = await changeConfig(admission.current, { environment_defaults: structuredClone(defaults) as object });
  });
  afterAll(() => change?.[Symbol.asyncDispose]());

  it('when one says nothing of them, then it has them all', async () => {
    const { spec } = await stored(environment({ container: { image: 'node:24' } }));
    expect(spec).toEqual({
      container: {
        image: 'node:24',
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '1Gi' } },
        imagePullPolicy: 'IfNotPresent',
      },
      initContainers: [{ ...scan, image: 'scanner:3' }],
      extraContainers: [proxy],
      tolerations: [toleration],
      podLabels: defaults.podLabels,
      podAnnotations: defaults.podAnnotations,
    });
  });

  it('when one says otherwise, then its own stays and comes first', async () => {
    const { spec } = await stored(
      environment({
        container: { image: 'node:24', imagePullPolicy: 'Always', resources: { requests: { cpu: '2' } } },
        initContainers: [{ name: 'own', image: 'own:1' }],
        extraContainers: [{ name: 'proxy', image: 'own-proxy:9' }],
        tolerations: [{ key: 'gpu', operator: 'Exists' }],
        podLabels: { team: 'web' },
      }),
    );
    expect(spec).toEqual({
      container: {
        image: 'node:24',
        imagePullPolicy: 'Always',
        resources: { requests: { cpu: '2', memory: '128Mi' }, limits: { memory: '1Gi' } },
      },
      initContainers: [{ name: 'own', image: 'own:1' }, scan],
      extraContainers: [{ name: 'proxy', image: 'own-proxy:9' }],
      tolerations: [{ key: 'gpu', operator: 'Exists' }, toleration],
      podLabels: { team: 'web', managed: 'true' },
      podAnnotations: defaults.podAnnotations,
    });
  });

  it('when one asks for more memory than the default limit, then it gets no limit that it cannot keep', async () => {
    const { spec } = await stored(environment({ container: { image: 'node:24', resources: { requests: { memory: '2Gi' } } } }));
    expect(spec.container?.resources).toEqual({ requests: { cpu: '100m', memory: '2Gi' } });
  });

  it('when one opts out, then it gets none of them', async () => {
    const plain = environment({ container: { image: 'node:24' } });
    const { spec } = await stored({ ...plain, metadata: { ...plain.metadata, annotations: { 'buildkite-operator.io/defaults': 'none' } } });
    expect(spec).toEqual({ container: { image: 'node:24' } });
  });

  it('when it keeps to no schema, then it is refused for that and not for the defaults', async () => {
    const refusal = await refusalOf(() => stored(environment({ container: 'node:24' })));
    expect(shortcomingsOf(refusal, [['spec.container', '"string"']])).toEqual([]);
    expect(refusal?.message).not.toContain('webhook');
  });

  it('when it is applied twice, then the second time changes nothing', async () => {
    const { kubectl, info } = admission.current.session;
    const object = environment(
      { container: { image: 'Registry.Example.com/node', resources: { limits: { memory: '1024Mi' } } } },
      'admission-applied',
    );
    const apply = async (...flags: readonly string[]) =>
      kubectl(['apply', ...flags, '--namespace', info.namespace, '--filename=-'], { input: JSON.stringify(object) });
    expect(await apply()).toContain('created');
    const at = [
      'get',
      'buildenvironment',
      'admission-applied',
      '--namespace',
      info.namespace,
      '--output=jsonpath={.metadata.resourceVersion} {.spec.container.image}',
    ];
    const first = await kubectl(at);
    await apply();
    expect(await kubectl(at)).toBe(first);
    expect(await apply('--server-side', '--force-conflicts')).toContain('serverside-applied');
    const second = await kubectl(at);
    await apply('--server-side', '--force-conflicts');
    expect(await kubectl(at)).toBe(second);
    await admission.current.remove(object);
  });
});

describe('given no defaults', () => {
  it.for([
    { given: { image: 'Registry.Example.COM/Team/App' }, want: { image: 'registry.example.com/Team/App:latest' } },
    { given: { image: 'node' }, want: { image: 'node:latest' } },
    { given: { image: 'localhost:5000/app:1' }, want: { image: 'localhost:5000/app:1' } },
    { given: { image: 'app@sha256:0123' }, want: { image: 'app@sha256:0123' } },
    {
      given: { resources: { requests: { cpu: '0.5' }, limits: { memory: '1024Mi' } } },
      want: { resources: { requests: { cpu: '500m' }, limits: { memory: '1Gi' } } },
    },
    {
      given: { resources: { limits: { cpu: '2000m', memory: '1.5Gi' } } },
      want: { resources: { limits: { cpu: '2', memory: '1536Mi' } } },
    },
    { given: { resources: { limits: { cpu: 2 } } }, want: { resources: { limits: { cpu: 2 } } } },
  ])('when one is stored with $given, then it is stored with $want', async ({ given, want }) => {
    const { spec } = await stored(environment({ container: given, extraContainers: [{ name: 'beside', image: 'node:1', ...given }] }));
    expect(spec.container).toEqual(want);
    expect(spec.extraContainers?.[0]).toMatchObject(want);
  });
});
