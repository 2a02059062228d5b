import { describe, expect, it } from 'vitest';
import type { CommandStepDefinition } from './definition.ts';
import { parsePipelineYaml } from './parse-pipeline.ts';
import { PipelineError } from './pipeline-error.ts';

function commandStep(yaml: string): CommandStepDefinition {
  const [step] = parsePipelineYaml(yaml).steps;
  if (step?.type !== 'command') throw new Error(`a command step was expected, not ${step?.type}`);
  return step;
}

describe('a pipeline', () => {
  it('may be a map or a list of steps, in YAML with anchors or in JSON', () => {
    const expected = ['command', 'wait', 'block', 'input'];
    for (const text of [
      'steps: [{command: a}, wait, block, input]',
      '[{command: a}, wait, block, input]',
      '{"steps": [{"command": "a"}, "wait", "block", "input"]}',
      'base: &base {env: {A: 1}}\nsteps:\n- <<: *base\n  command: a\n- {wait: ~}\n- {block: go?}\n- {input: who?}',
      'steps: [{type: script, command: a}, {type: wait}, {type: block}, {type: input}]',
    ]) {
      expect(parsePipelineYaml(text).steps.map(({ type }) => type)).toEqual(expected);
    }
  });

  it('hands its agents, image and priority down to steps that say nothing themselves', () => {
    const yaml = (step: string) => `{agents: {queue: q}, image: debian, priority: 3, steps: [{command: a${step}}]}`;

    expect(commandStep(yaml(''))).toMatchObject({ image: 'debian', priority: 3, variants: [{ agents: ['queue=q'] }] });
    expect(commandStep(yaml(', agents: ["queue=r"], image: alpine, priority: -1'))).toMatchObject({
      image: 'alpine',
      priority: -1,
      variants: [{ agents: ['queue=r'] }],
    });
  });

  it.each([
    ['command: one', 'one'],
    ['command: [one, two]', 'one\ntwo'],
    ['commands: [one, two]', 'one\ntwo'],
    ['command: ~', ''],
    ['command: ""', ''],
    ['plugins: [docker]', ''],
  ])('joins the lines of %s', (text, command) => {
    expect(commandStep(`steps: [{${text}}]`).variants[0]?.command).toBe(command);
  });

  it('turns numbers and truth values of env into text', () => {
    expect(commandStep('steps: [{command: a, env: {N: 1, T: true, E: ~, S: s}}]').variants[0]?.env).toEqual({
      N: '1',
      T: 'true',
      E: '',
      S: 's',
    });
  });

  it('reads plugins in every form, with full sources and null for no configuration', () => {
    const { variants } = commandStep(`
      steps:
        - command: a
          plugins:
            - docker#v1
            - org/x#v2: { a: 1 }
            - https://git.example.com/p.git#main: ~
    `);
    expect(variants[0]?.plugins).toEqual([
      { source: 'github.com/buildkite-plugins/docker-buildkite-plugin#v1', config: null },
      { source: 'github.com/org/x-buildkite-plugin#v2', config: { a: 1 } },
      { source: 'https://git.example.com/p.git#main', config: null },
    ]);
    expect(commandStep('steps: [{plugins: {docker: {image: x}}}]').variants[0]?.plugins).toHaveLength(1);
  });

  it.each([
    ['depends_on: a', [{ step: 'a', allowFailure: false }]],
    [
      'depends_on: [a, {step: b, allow_failure: true}]',
      [
        { step: 'a', allowFailure: false },
        { step: 'b', allowFailure: true },
      ],
    ],
    ['depends_on: ~', []],
    ['depends_on: []', []],
    ['label: x', undefined],
  ])('reads %s', (text, expected) => {
    expect(commandStep(`steps: [{command: c, ${text}}]`).dependsOn).toEqual(expected);
  });

  it('makes a job for each of a parallelism, and none for 0', () => {
    expect(commandStep('steps: [{command: a, parallelism: 3}]').variants.map(({ parallel }) => parallel)).toEqual([
      { index: 0, count: 3 },
      { index: 1, count: 3 },
      { index: 2, count: 3 },
    ]);
    expect(commandStep('steps: [{command: a, parallelism: 0}]').variants).toEqual([]);
  });

  it('makes a job for each combination of a matrix, adjusted, and puts its values everywhere', () => {
    const { variants } = commandStep(`
      steps:
        - command: build {{matrix.os}} {{ matrix.arch }}
          label: "{{matrix.os}}"
          env: { OS: "{{matrix.os}}" }
          agents: { os: "{{matrix.os}}" }
          plugins: [{ docker#v1: { image: "{{matrix.os}}:1" } }]
          matrix:
            setup: { os: [linux, bsd], arch: [arm, x86] }
            adjustments:
              - { with: { os: bsd, arch: arm }, skip: true }
              - { with: { os: linux, arch: arm }, soft_fail: true }
              - { with: { os: plan9, arch: x86 } }
    `);

    expect(variants.map(({ command, skip, softFail }) => [command, skip, softFail])).toEqual([
      ['build linux arm', false, true],
      ['build linux x86', false, false],
      ['build bsd arm', true, false],
      ['build bsd x86', false, false],
      ['build plan9 x86', false, false],
    ]);
    expect(variants[4]).toMatchObject({
      label: 'plan9',
      env: { OS: 'plan9' },
      agents: ['os=plan9'],
      plugins: [{ config: { image: 'plan9:1' } }],
      permutation: { os: 'plan9', arch: 'x86' },
    });
  });

  it('joins artifact_paths with semicolons', () => {
    expect(commandStep('steps: [{command: a, artifact_paths: [x, "y/**"]}]').artifactPaths).toBe('x;y/**');
    expect(commandStep('steps: [{command: a, artifact_paths: "x;y"}]').artifactPaths).toBe('x;y');
  });

  it.each([
    ['steps: [', '(root)', 'is not YAML'],
    ['steps: 5', '(root)', 'steps'],
    ['just text', '(root)', ''],
    ['steps: [{trigger: other}]', 'steps[0]', 'trigger steps are not simulated'],
    ['steps: [{label: x}]', 'steps[0]', 'has no type'],
    ['steps: [echo]', 'steps[0]', 'a step is a map, or one of wait'],
    ['steps: [{command: a}, {command: b, timeout_in_minutes: 0}]', 'steps[1]', 'timeout_in_minutes'],
    ['steps: [{command: a, timeout_in_minutes: soon}]', 'steps[0]', 'timeout_in_minutes'],
    ['steps: [{command: a, retry: {automatic: [{limit: 11}]}}]', 'steps[0]', 'retry'],
    ['steps: [{command: a, parallelism: 2, matrix: [x]}]', 'steps[0]', 'both matrix and parallelism'],
    [
      'steps: [{command: a, matrix: {setup: {os: [x]}, adjustments: [{with: {arch: y}}]}}]',
      'steps[0].matrix.adjustments[0].with',
      'dimensions of the setup (os)',
    ],
    ['steps: [{command: a, concurrency: 1}]', 'steps[0]', 'concurrency_group'],
    ['steps: [{command: a, plugins: [{a: 1, b: 2}]}]', 'steps[0].plugins[0]', 'exactly one plugin'],
    ['steps: [{command: a, key: k}, {command: b, key: k}]', 'steps', 'key "k" is used twice'],
    ['steps: [{group: g, steps: [{group: h, steps: [wait]}]}]', 'steps[0].steps[0]', 'a group cannot hold a group'],
    ['steps: [{group: g, steps: []}]', 'steps[0]', 'steps'],
  ])('is refused as %j, naming %s', (yaml, path, problem) => {
    const attempt = () => parsePipelineYaml(yaml);

    expect(attempt).toThrow(PipelineError);
    expect(attempt).toThrow(`pipeline: ${path}: `);
    expect(attempt).toThrow(problem);
  });
});
