import { type ConfigInput, parseConfig } from '@buildkite-operator/config';
import { describe, expect, it } from 'vitest';
import { configData } from './config-data.ts';

const config: ConfigInput = {
  job_namespace: 'ci',
  pod_defaults: { agentImage: 'registry:5000/agent:1', resources: { requests: { cpu: '1', memory: '1Gi' } } },
  environment_defaults: { podAnnotations: { note: 'two\nlines, "quotes" and = signs' } },
  policy: { environments: [{ environments: ['gpu-*'], pipelines: ['ml'] }] },
};

describe('a configuration as data of a ConfigMap', () => {
  it('is read as what was written', () => {
    expect(parseConfig(configData(config), { operatorNamespace: 'operator' })).toMatchObject(config);
  });

  it('has one line a key, and no quotes around it that kustomize would take off', () => {
    const values = Object.values(configData(config));
    expect(values).toHaveLength(4);
    expect(values.filter(value => /\n|^["']|["']$/.test(value))).toEqual([]);
  });
});
