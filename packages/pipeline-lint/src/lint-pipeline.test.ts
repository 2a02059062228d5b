import { describe, expect, it } from 'vitest';
import type { Finding } from './finding.ts';
import { type LintOptions, lintPipeline } from './lint-pipeline.ts';
import { badCases, goodCases, warningCases } from './testing/lint-cases.ts';

const queues = ['bk-operator'];

function lines(pipeline: string, options: Partial<LintOptions> = {}): readonly string[] {
  return lintPipeline(pipeline, { queues, ...options }).map(lineOf);
}

function lineOf({ line, column, severity, step, field, problem }: Finding): string {
  return `${line}:${column} ${severity} ${step ?? '-'} | ${field}: ${problem}`;
}

describe('a pipeline that runs', () => {
  it.each(goodCases)('$name', ({ pipeline }) => {
    expect(lines(pipeline)).toEqual([]);
  });
});

describe('a pipeline with a job that would fail', () => {
  it.each([...badCases, ...warningCases])('$name', ({ pipeline, findings }) => {
    expect(lines(pipeline)).toEqual(findings.map(begin => expect.stringContaining(begin)));
  });

  it('shows what stands there as it was written', () => {
    const pipeline =
      'agents: {queue: bk-operator}\nsteps:\n  - command: a\n    label: ":x: ${NAME}"\n    plugins: [{buildkite-operator: {image: "$${A} $B"}}]\n';
    expect(lintPipeline(pipeline, { queues })).toMatchObject([
      { step: ':x: ${NAME}', field: 'buildkite-operator.image', value: '${A} $B' },
    ]);
  });
});

describe('a command of more than 128 KiB', () => {
  const step = (key: string, block: string) =>
    `agents: {queue: bk-operator}\nsteps:\n  - label: long\n    ${key}: "${'x'.repeat(131_072)}"\n    plugins: [${block}]\n`;

  it('runs', () => {
    expect(lines(step('command', 'buildkite-operator: {image: busybox}'))).toEqual([]);
  });

  it.each(['command', 'commands'])('is refused as %s where the kubernetes block replaces it by a short one', key => {
    expect(lines(step(key, 'kubernetes: {podSpec: {containers: [{image: busybox, command: [make]}]}}'))).toEqual([
      expect.stringMatching(
        /^4:5 error long \| job\.command: has 131072 bytes, .*: the kubernetes block replaces this command, so leave it out$/,
      ),
    ]);
  });
});

describe('what the platform says', () => {
  const sized =
    'steps:\n  - command: a\n    agents: {queue: q, resource_class: smal, arch: arm64}\n    plugins: [{kubernetes: {podTemplate: t}}]\n';

  it('is not asked where it is not known', () => {
    expect(lines(sized, { queues: ['q'] })).toEqual([]);
  });

  it('tells its resource classes, its tags and the keys that it allows', () => {
    const context = { resourceClasses: new Map([['small', {}]]), allowedKeys: { kubernetes: ['podSpec'] } };
    expect(lines(sized, { queues: ['q'], context, tags: { os: 'linux' } })).toEqual([
      expect.stringContaining('3:24 error steps[0] | agents.resource_class: is no resource class: did you mean small?'),
      expect.stringContaining('3:46 warning steps[0] | agents.arch: is not carried by the operator'),
      expect.stringContaining('4:29 error steps[0] | kubernetes.podTemplate: is not allowed here'),
    ]);
  });

  it('carries a tag of which any value will do', () => {
    const pipeline = 'steps: [{command: a, agents: {queue: q, os: "*", arch: arm64}}]';
    expect(lines(pipeline, { queues: ['q'], tags: { os: 'linux', arch: 'arm64' } })).toEqual([]);
  });
});

describe('a text that is meant to harm', () => {
  it('of aliases that grow is refused', () => {
    const levels = Array.from({ length: 12 }, (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(10)}]`);
    expect(lines(`a0: &a0 [x]\n${levels.join('\n')}\nsteps: []\n`)).toEqual([expect.stringContaining('1:1 error - | : no YAML: ')]);
  });

  it('that holds itself is refused', () => {
    expect(lines('steps: &s\n  - command: a\n    plugins: *s\n')).toEqual([expect.stringContaining('error - | : no YAML: ')]);
  });

  it('that is deep is refused', () => {
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    expect(
      lines(`steps:\n  - command: a\n    agents: {queue: bk-operator}\n    plugins: [{kubernetes: {podSpec: ${deep}}}]\n`),
    ).toHaveLength(1);
  });
});
