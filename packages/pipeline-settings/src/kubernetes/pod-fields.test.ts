import { describe, expect, it } from 'vitest';
import { describePodTypes } from '../pod-types/describe-pod-types.ts';
import { fieldsOfPodType } from '../pod-types/pod-type-schema.ts';
import { podTypes } from '../pod-types/pod-types.ts';
import { badValue, goodValue } from '../testing/pod-samples.ts';
import { mapped, refusals } from '../testing/sample-job.ts';
import { additionalContainerFates, commandContainerFates, podSpecFates } from './key-table.ts';

type Settings = Readonly<Record<string, unknown>>;
type Good = readonly [value: unknown, settings: Settings];

const podSettings: Readonly<Record<string, Good>> = {
  activeDeadlineSeconds: [600, { timeoutSeconds: 600 }],
  containers: [[{ image: 'alpine' }], { image: 'alpine', command: 'make' }],
  initContainers: [[{ name: 'one', image: 'a' }], { initContainers: [{ name: 'one', image: 'a' }] }],
  nodeSelector: [{ disk: 'ssd' }, { nodeSelector: { disk: 'ssd' } }],
  priorityClassName: ['high', { priorityClassName: 'high' }],
  restartPolicy: ['Never', {}],
  runtimeClassName: ['gvisor', { runtimeClassName: 'gvisor' }],
  serviceAccount: ['ci', { serviceAccountName: 'ci' }],
  serviceAccountName: ['ci', { serviceAccountName: 'ci' }],
  terminationGracePeriodSeconds: [90, { terminationGracePeriodSeconds: 90 }],
  tolerations: [[{ operator: 'Exists' }], { tolerations: [{ operator: 'Exists' }] }],
  topologySpreadConstraints: [[{ topologyKey: 'zone', maxSkew: 1 }], { topologySpreadConstraints: [{ topologyKey: 'zone', maxSkew: 1 }] }],
};

const containerSettings: Readonly<Record<string, Good>> = {
  args: [['x'], { command: 'run x' }],
  command: [['run', 'more'], { command: 'run\nmore' }],
  env: [[{ name: 'A', value: '1' }], { env: [{ name: 'A', value: '1' }] }],
  image: ['alpine', { image: 'alpine' }],
  name: ['main', {}],
  resources: [{ limits: { cpu: 2 } }, { resources: { limits: { cpu: 2 } } }],
  workingDir: ['/srv', {}],
};

const additionalSettings: Readonly<Record<string, unknown>> = {
  args: ['x'],
  command: ['run'],
  env: [{ name: 'A', value: '1' }],
  envFrom: [{ secretRef: { name: 's' } }],
  image: 'redis',
  imagePullPolicy: 'Always',
  name: 'other',
  ports: [{ containerPort: 80 }],
  resources: { requests: { memory: '1Gi' } },
  securityContext: { runAsUser: 5 },
  volumeMounts: [{ name: 'v', mountPath: '/v' }],
  workingDir: '/srv',
  lifecycle: { preStop: { exec: { command: ['x'] } } },
  livenessProbe: { exec: { command: ['x'] } },
  readinessProbe: { exec: { command: ['x'] } },
  startupProbe: { exec: { command: ['x'] } },
};

const named = (type: string, value: unknown) =>
  // What merges by a key must have it.
  Array.isArray(value) && type === 'Volume[]' ? [{ ...value[0], name: 'some' }] : value;

describe("Kubernetes' types", () => {
  it('are those of the client library: run `pnpm gen` where they are not', () => {
    expect(podTypes).toEqual(describePodTypes());
  });

  it.each([
    ['PodSpec', podSpecFates],
    ['Container', commandContainerFates],
    ['Container', additionalContainerFates],
  ])('every field of a %s has its place in the table, and no other', (type, fates) => {
    expect(Object.keys(fates).toSorted()).toEqual([...fieldsOfPodType(type).keys()].toSorted());
  });
});

describe('each field of podSpec', () => {
  const fields = [...fieldsOfPodType('PodSpec')].map(([name, type]) => [name, type, podSpecFates[name]?.fate] as const);

  it.each(fields.filter(([, , fate]) => fate === 'podPatch'))('%s stands in podPatch', (name, type) => {
    const value = named(type, goodValue(type));
    expect(mapped({ podSpec: { [name]: value } }).spec.podPatch).toEqual({ [name]: value });
  });

  it.each(fields.filter(([, , fate]) => fate === 'setting' || fate === 'ignored'))('%s becomes a setting', name => {
    const [value, settings] = podSettings[name] ?? ['no sample', { sample: 'is missing' }];
    const { spec } = mapped({ podSpec: { [name]: value } });
    expect(spec).toMatchObject(settings);
    expect(spec.podPatch).toBeUndefined();
  });

  it.each(fields.filter(([, , fate]) => fate === 'refused'))('%s is refused', (name, type) => {
    expect(refusals({ podSpec: { [name]: goodValue(type) } })[0]).toMatch(`kubernetes.podSpec.${name}: cannot be`);
  });

  it.each(fields)('%s of a wrong type is refused', (name, type) => {
    const lines = refusals({ podSpec: { [name]: badValue(type) } });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`^kubernetes\\.podSpec\\.${name}: must be .+ \\(found .+\\)$`));
  });

  it.each(fields)('%s with a letter too many is refused, and the right key named', (name, type) => {
    expect(refusals({ podSpec: { [`${name}x`]: goodValue(type) } })).toEqual([
      expect.stringContaining(`kubernetes.podSpec.${name}x: is no known key: did you mean ${name}?`),
    ]);
  });
});

describe("each field of the command's container", () => {
  const fields = [...fieldsOfPodType('Container')].map(([name, type]) => [name, type, commandContainerFates[name]?.fate] as const);
  const spec = (name: string, value: unknown) => ({
    podSpec: { containers: [{ ...(name === 'args' && { command: ['run'] }), [name]: value }] },
  });

  it.each(fields.filter(([, , fate]) => fate === 'podPatch'))('%s stands in podPatch', (name, type) => {
    const value = goodValue(type);
    expect(mapped(spec(name, value)).spec.podPatch).toEqual({ containers: [{ name: 'container-0', [name]: value }] });
  });

  it.each(fields.filter(([, , fate]) => fate === 'setting' || fate === 'ignored'))('%s becomes a setting', name => {
    const [value, settings] = containerSettings[name] ?? ['no sample', { sample: 'is missing' }];
    const outcome = mapped(spec(name, value)).spec;
    expect(outcome).toMatchObject({ command: 'make', ...settings });
    expect(outcome.podPatch).toBeUndefined();
  });

  it.each(fields.filter(([, , fate]) => fate === 'refused'))('%s is refused', (name, type) => {
    expect(refusals(spec(name, goodValue(type)))).toEqual([
      expect.stringMatching(`^kubernetes\\.podSpec\\.containers\\[0\\]\\.${name}: cannot be had, for a command runs once: remove it`),
    ]);
  });

  it.each(fields)('%s of a wrong type is refused', (name, type) => {
    expect(refusals(spec(name, badValue(type)))).toEqual([
      expect.stringMatching(`^kubernetes\\.podSpec\\.containers\\[0\\]\\.${name}: must be`),
    ]);
  });
});

describe('each field of a sidecar', () => {
  const fields = [...fieldsOfPodType('Container')].map(([name, type]) => [name, type, additionalContainerFates[name]?.fate] as const);
  const base = { image: 'alpine', name: 'side' };

  it.each(fields.filter(([, , fate]) => fate === 'podPatch'))('%s stands in podPatch', (name, type) => {
    const value = goodValue(type);
    const { spec } = mapped({ sidecars: [{ ...base, [name]: value }] });
    expect(spec.podPatch).toEqual({ initContainers: [{ name: 'side', [name]: value }] });
    expect(spec.extraContainers).toEqual([base]);
  });

  it.each(fields.filter(([name, , fate]) => fate === 'setting' && name !== 'restartPolicy'))('%s is the sidecar’s', name => {
    const value = additionalSettings[name];
    expect(value, 'a sample').toBeDefined();
    const { spec } = mapped({ sidecars: [{ ...base, [name]: value }] });
    expect(spec.extraContainers).toEqual([{ ...base, [name]: value }]);
    expect(spec.podPatch).toBeUndefined();
  });

  it.each(fields.filter(([, , fate]) => fate === 'refused'))('%s is refused', (name, type) => {
    expect(refusals({ sidecars: [{ ...base, [name]: goodValue(type) }] })).toEqual([
      expect.stringMatching(`^kubernetes\\.sidecars\\[0\\]\\.${name}: cannot be had, for .+: remove it`),
    ]);
  });

  it.each(fields)('%s of a wrong type is refused', (name, type) => {
    expect(refusals({ sidecars: [{ ...base, [name]: badValue(type) }] })).toEqual([
      expect.stringMatching(`^kubernetes\\.sidecars\\[0\\]\\.${name}: must be`),
    ]);
  });

  it.each(fields)('%s of a wrong type is refused in an init container', (name, type) => {
    expect(refusals({ podSpec: { initContainers: [{ ...base, [name]: badValue(type) }] } })).toEqual([
      expect.stringMatching(`^kubernetes\\.podSpec\\.initContainers\\[0\\]\\.${name}: must be`),
    ]);
  });
});
