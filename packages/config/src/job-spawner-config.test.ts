import { describe, expect, it } from 'vitest';
import { ConfigError } from './config-error.ts';
import { parseConfig } from './parse-config.ts';
import { settingsContextOf } from './settings-context-of.ts';

const parse = (text: string) =>
  parseConfig({ pod_defaults: 'agentImage: agent:1', job_spawner_config: text }, { operatorNamespace: 'operator' });

function faultsOf(text: string) {
  try {
    parse(text);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

describe('job_spawner_config', () => {
  it('has a default for everything', () => {
    expect(parse('').job_spawner_config).toEqual({
      queue: 'bk-operator',
      furtherQueues: [],
      tags: {},
      pollSeconds: 0.5,
      idlePollSeconds: 2,
      maxJobs: 100,
      maxJobsPerQueue: {},
      pipelineLimits: {},
      reservationSeconds: 900,
      resourceClasses: {},
      allowedKeys: {},
      interposer: 'buildkite',
    });
  });

  it('takes all that there is to say', () => {
    const said = {
      queue: 'main',
      furtherQueues: ['gpu', 'deploy'],
      tags: { arch: 'amd64', region: '' },
      stackKey: 'prod-1',
      pollSeconds: 1,
      idlePollSeconds: 10,
      maxJobs: 0,
      maxJobsPerQueue: { gpu: 2 },
      maxJobsPerPipeline: 10,
      pipelineLimits: { 'team-*': 5, monolith: 50 },
      reservationSeconds: 30,
      resourceClasses: {
        big: {
          resources: { requests: { cpu: 4 } },
          podResources: { limits: { memory: '8Gi' } },
          nodeSelector: { pool: 'big' },
          tolerations: [{ key: 'big', operator: 'Exists' }],
          jobNodeRequirements: [{ key: 'cores', operator: 'Gt', values: ['7'] }],
          jobNodePreferences: [{ weight: 5, requirements: [{ key: 'ssd', operator: 'Exists' }] }],
        },
      },
      defaultResourceClass: 'big',
      allowedKeys: { buildkiteOperator: ['image', 'resources'], kubernetes: [] },
      interposer: 'vector',
      endpoint: 'http://127.0.0.1:1/v3',
    };
    expect(parse(JSON.stringify(said)).job_spawner_config).toEqual(said);
  });

  it('is what the settings of pipelines go by', () => {
    const context = settingsContextOf(
      parse('{resourceClasses: {s: {nodeSelector: {a: b}}}, defaultResourceClass: s, allowedKeys: {buildkiteOperator: [image]}}'),
      'gpu',
    );
    expect(context).toEqual({
      queue: 'gpu',
      interposer: 'buildkite',
      resourceClasses: new Map([['s', { nodeSelector: { a: 'b' } }]]),
      defaultResourceClass: 's',
      allowedKeys: { 'buildkite-operator': ['image'] },
    });
    expect(settingsContextOf(parse(''), 'gpu').allowedKeys).toEqual({});
  });
});

describe('what is wrong in it is named with its place, its value and the remedy:', () => {
  const wrong: readonly (readonly [text: string, path: string, value: unknown, problem: RegExp])[] = [
    ['queue: two words', 'queue', 'two words', /without spaces/],
    ['furtherQueues: [gpu, gpu]', 'furtherQueues[1]', 'gpu', /second time: remove it/],
    ['furtherQueues: [bk-operator]', 'furtherQueues[0]', 'bk-operator', /second time: remove it/],
    ['tags: {queue: x}', 'tags.queue', 'x', /told by queue and furtherQueues/],
    ['tags: {resource_class: x}', 'tags.resource_class', 'x', /told by resourceClasses/],
    ['tags: {arch: "amd64,arm64"}', 'tags.arch', 'amd64,arm64', /without a comma/],
    ['stackKey: my.stack', 'stackKey', 'my.stack', /letters, digits, _ and -/],
    ['pollSeconds: 0', 'pollSeconds', 0, /at least 0.2/],
    ['pollSeconds: 5', 'pollSeconds', 5, /at most idlePollSeconds \(2\)/],
    ['idlePollSeconds: 3600', 'idlePollSeconds', 3600, /at most 60/],
    ['maxJobs: -1', 'maxJobs', -1, /at least 0/],
    ['maxJobs: many', 'maxJobs', 'many', /must be a number/],
    ['maxJobsPerQueue: {gpu: 1}', 'maxJobsPerQueue.gpu', 1, /is about no queue of ours: use one of bk-operator/],
    ['maxJobsPerPipeline: 1.5', 'maxJobsPerPipeline', 1.5, /whole number/],
    ['pipelineLimits: {"a b": 1}', 'pipelineLimits.a b', undefined, /slug without spaces/],
    ['reservationSeconds: 4000', 'reservationSeconds', 4000, /at most 3600/],
    ['defaultResourceClass: big', 'defaultResourceClass', 'big', /is no resource class: define it in resourceClasses/],
    ['{defaultResourceClass: big, resourceClasses: {small: {}}}', 'defaultResourceClass', 'big', /use one of small/],
    ['resourceClasses: {big: {cpu: 4}}', 'resourceClasses.big.cpu', undefined, /use one of resources, podResources, /],
    ['resourceClasses: {big: {tolerations: [{value: x}]}}', 'resourceClasses.big.tolerations[0].operator', undefined, /operator Exists/],
    [
      'resourceClasses: {big: {jobNodeRequirements: [{key: a, operator: In}]}}',
      'resourceClasses.big.jobNodeRequirements[0].values',
      undefined,
      /at least one value/,
    ],
    ['allowedKeys: {buildkiteOperator: [img]}', 'allowedKeys.buildkiteOperator[0]', 'img', /use some of environment, image/],
    ['allowedKeys: {kubernetes: [podspec]}', 'allowedKeys.kubernetes[0]', 'podspec', /use some of podSpec/],
    ['interposer: shell', 'interposer', 'shell', /buildkite, vector, legacy/],
    ['endpoint: agent.buildkite.com', 'endpoint', 'agent.buildkite.com', /http or https URL/],
  ];
  it.each(wrong)('%s', (text, path, value, problem) => {
    expect(faultsOf(text)).toEqual([
      expect.objectContaining({
        path: `job_spawner_config.${path}`,
        problem: expect.stringMatching(problem),
        ...(value !== undefined && { value }),
      }),
    ]);
  });
});
