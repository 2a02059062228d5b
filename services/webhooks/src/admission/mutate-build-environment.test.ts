import type { EnvironmentDefaults } from '@buildkite-operator/config';
import type { BuildEnvironmentSpec } from '@buildkite-operator/crds';
import { array, assert, constantFrom, option, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyPatch } from '../testing/apply-patch.ts';
import { jsonPatch } from './json-patch.ts';
import { mutateBuildEnvironment } from './mutate-build-environment.ts';

const none: EnvironmentDefaults = { initContainers: [], extraContainers: [], tolerations: [], podLabels: {}, podAnnotations: {} };
const defaults: EnvironmentDefaults = {
  initContainers: [{ name: 'prepare', image: 'Registry.example.com/prepare' }],
  extraContainers: [{ environment: 'log.shipper' }, { name: 'metrics', image: 'metrics:1' }],
  tolerations: [{ key: 'ci', operator: 'Exists' }],
  podLabels: { team: 'platform', tier: 'ci' },
  podAnnotations: { note: 'default' },
  resources: { requests: { cpu: '1000m', memory: '2Gi' }, limits: { memory: '4096Mi' } },
  imagePullPolicy: 'Always',
};
const mutate = (spec: BuildEnvironmentSpec, given = defaults, name = 'go', annotations = {}) =>
  mutateBuildEnvironment({ name, annotations, spec }, given);

describe('a BuildEnvironment that is stored', () => {
  it('gets every default where it says nothing', () => {
    expect(mutate({})).toEqual({
      container: { imagePullPolicy: 'Always', resources: { requests: { cpu: '1', memory: '2Gi' }, limits: { memory: '4Gi' } } },
      initContainers: [{ name: 'prepare', image: 'registry.example.com/prepare:latest' }],
      extraContainers: [{ environment: 'log.shipper' }, { name: 'metrics', image: 'metrics:1' }],
      tolerations: [{ key: 'ci', operator: 'Exists' }],
      podLabels: { team: 'platform', tier: 'ci' },
      podAnnotations: { note: 'default' },
    });
  });

  it.each<[string, BuildEnvironmentSpec, BuildEnvironmentSpec]>([
    [
      'keeps its own container of a name',
      { extraContainers: [{ name: 'metrics', image: 'own:2' }] },
      { extraContainers: [{ name: 'metrics', image: 'own:2' }, { environment: 'log.shipper' }] },
    ],
    [
      'keeps an init container where a sidecar has its name',
      { initContainers: [{ name: 'metrics', image: 'own:2' }] },
      { extraContainers: [{ environment: 'log.shipper' }] },
    ],
    [
      'keeps one that is called as the environment is',
      { extraContainers: [{ name: 'log-shipper', image: 'own:2' }] },
      {
        extraContainers: [
          { name: 'log-shipper', image: 'own:2' },
          { name: 'metrics', image: 'metrics:1' },
        ],
      },
    ],
    ['keeps its labels', { podLabels: { team: 'own' } }, { podLabels: { team: 'own', tier: 'ci' } }],
    [
      'keeps its pull policy',
      { container: { imagePullPolicy: 'Never' } },
      { container: expect.objectContaining({ imagePullPolicy: 'Never' }) },
    ],
    ['has a toleration once', { tolerations: [{ key: 'ci', operator: 'Exists' }] }, { tolerations: [{ key: 'ci', operator: 'Exists' }] }],
    [
      'gets no default request above its own limit',
      { container: { resources: { limits: { memory: '1Gi' } } } },
      { container: expect.objectContaining({ resources: { requests: { cpu: '1' }, limits: { memory: '1Gi' } } }) },
    ],
    [
      'gets no default limit below its own request',
      { container: { resources: { requests: { memory: '8Gi' } } } },
      { container: expect.objectContaining({ resources: { requests: { cpu: '1', memory: '8Gi' } } }) },
    ],
  ])('%s', (_what, spec, expected) => {
    expect(mutate(spec)).toMatchObject(expected);
  });

  it('takes no defaults with the annotation, but is normalised', () => {
    const spec = { container: { image: 'debian' } };
    expect(mutate(spec, defaults, 'go', { 'buildkite-operator.io/defaults': 'none' })).toEqual({ container: { image: 'debian:latest' } });
  });

  it('does not come to contain itself when the defaults are made of it', () => {
    const made = mutate({}, defaults, 'log.shipper');
    expect(made.extraContainers).toBeUndefined();
    expect(made.podLabels).toEqual(defaults.podLabels);
  });

  it('is changed by nothing but form where there are no defaults', () => {
    expect(mutate({}, none)).toEqual({});
  });

  const quantity = constantFrom('1000m', '0.5', '1024Mi', '3', '1.5Gi', '0');
  const container = record(
    {
      image: constantFrom('debian', 'HOST.io/a', 'b:1'),
      resources: record(
        {
          requests: record({ cpu: quantity, memory: quantity }, { requiredKeys: [] }),
          limits: record({ memory: quantity }, { requiredKeys: [] }),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  );
  const sidecars = array(record({ name: constantFrom('metrics', 'log-shipper', 'own'), image: constantFrom('x', 'y:1') }), {
    maxLength: 3,
  });
  const environment = record(
    {
      container,
      extraContainers: sidecars,
      initContainers: sidecars,
      podLabels: record({ team: constantFrom('a', 'b') }),
      tolerations: array(constantFrom({ key: 'ci', operator: 'Exists' as const }, { key: 'x' })),
    },
    { requiredKeys: [] },
  );

  it('stays as it is when it is stored again, and its patch makes exactly that', () => {
    assert(
      property(environment, option(constantFrom('log.shipper')), (spec, name) => {
        const once = mutate(spec, defaults, name ?? 'go');
        expect(mutate(once, defaults, name ?? 'go')).toEqual(once);
        expect(applyPatch({ spec }, jsonPatch(spec, once, '/spec'))).toEqual({ spec: once });
      }),
    );
  });
});
