import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliRun } from '../testing/cli-run.ts';

let folder: string;
const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bko-lint-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const stepOf = (plugin: string, agents = '{queue: bk-operator}') =>
  `steps:\n  - label: "a, b: 100%"\n    command: make\n    agents: ${agents}\n    plugins: [${plugin}]\n`;
const bad = stepOf('{buildkite-operator: {imag: x}}');
const doubtful = stepOf('{kubernets: {}}');

describe('bko lint', () => {
  it('says nothing about a pipeline that runs, with exit code 0', async () => {
    expect(await cliRun(['lint', file('good.yml', stepOf('{kubernetes: {}}'))])).toEqual({ code: 0, output: '', errors: '' });
  });

  it('prints place, step, key, value and remedy of each error, with exit code 1', async () => {
    const path = file('bad.yml', bad);
    expect(await cliRun(['lint', path])).toEqual({
      code: 1,
      output: `${path}:5:37: error: step "a, b: 100%": buildkite-operator.imag is no known key: did you mean image? (found "x")\n1 error, 0 warnings\n`,
      errors: '',
    });
  });

  it('prints warnings with exit code 0', async () => {
    const { code, output } = await cliRun(['lint', file('doubtful.yml', doubtful)]);
    expect(code).toBe(0);
    expect(output).toContain('0 errors, 1 warning\n');
  });

  it('reads several files, and standard input for -', async () => {
    const { code, output } = await cliRun(['lint', file('good.yml', stepOf('{kubernetes: {}}')), '-'], bad);
    expect(code).toBe(1);
    expect(output).toMatch(/^stdin:5:37: error: /);
  });

  it('prints JSON for programs, also where nothing is wrong', async () => {
    const { output } = await cliRun(['lint', '--format', 'json', '-'], bad);
    expect(JSON.parse(output)).toMatchObject([
      { file: 'stdin', severity: 'error', line: 5, column: 37, field: 'buildkite-operator.imag', value: 'x' },
    ]);
    expect((await cliRun(['lint', '--format=json', '-'], 'steps: []')).output).toBe('[]\n');
  });

  it('prints GitHub’s annotations, escaped', async () => {
    expect((await cliRun(['lint', '--format', 'github', '-'], bad)).output).toBe(
      '::error file=stdin,line=5,col=37,title=buildkite-operator.imag::step "a, b: 100%25": buildkite-operator.imag is no known key: did you mean image? (found "x")\n',
    );
  });

  it('looks at the steps of the queues it is told, those of others being theirs', async () => {
    const pipeline = stepOf('{kubernetes: {a: 1}}', '{queue: builders}');
    expect((await cliRun(['lint', '-'], pipeline)).code).toBe(0);
    expect((await cliRun(['lint', '--queue', 'x', '--queue', 'builders', '-'], pipeline)).code).toBe(1);
  });

  it('knows what the operator’s configuration says', async () => {
    const config = [
      'apiVersion: v1',
      'kind: ConfigMap',
      'metadata: {name: buildkite-operator-config, namespace: ci}',
      'data:',
      '  job_spawner_config: |',
      '    queue: builders',
      '    furtherQueues: [more]',
      '    resourceClasses: {small: {resources: {requests: {cpu: "1"}}}}',
      '    allowedKeys: {kubernetes: []}',
    ].join('\n');
    const path = file('config.yaml', `kind: Namespace\n---\n${config}\n`);
    const { output, errors } = await cliRun(
      ['lint', '--config', path, '-'],
      stepOf('{kubernetes: {}}', '{queue: more, resource_class: smal}'),
    );
    expect(errors).toBe('');
    expect(output).toContain('agents.resource_class is no resource class: did you mean small?');
    expect(output).toContain('kubernetes is not allowed here');
  });

  it.each([
    ['no file', [], 'give it the FILE of a pipeline'],
    ['a file that is not there', ['/no/such/file'], '/no/such/file cannot be read: ENOENT'],
    ['an unknown option', ['--quiet', '-'], "Unknown option '--quiet'; see bko lint --help"],
    ['an unknown format', ['--format', 'xml', '-'], '--format is "xml"; there are text, json, github'],
    ['words for another program', ['-', '--', 'ls'], 'give it the FILE of a pipeline'],
  ])('with %s ends with exit code 2 and says what to do', async (_, words, text) => {
    const { code, output, errors } = await cliRun(['lint', ...words]);
    expect({ code, output }).toEqual({ code: 2, output: '' });
    expect(errors).toContain(`bko lint: ${text}`);
  });

  it.each([
    ['is no YAML', 'a: [', 'is no YAML'],
    ['is nothing of the operator', '[1]', 'holds no ConfigMap'],
    ['has a fault', 'job_spawner_config: "queu: x"', 'queu'],
  ])('with a configuration that %s ends with exit code 2', async (_, text, message) => {
    const { code, errors } = await cliRun(['lint', '--config', file('bad-config.yaml', text), '-'], bad);
    expect(code).toBe(2);
    expect(errors).toContain(message);
  });
});

describe('bko', () => {
  it('shows what it can do', async () => {
    const { code, output } = await cliRun(['--help']);
    expect(code).toBe(0);
    for (const name of ['lint', 'schema']) {
      expect(output).toContain(`\n  ${name}`);
      const help = await cliRun([name, '--help']);
      expect(help).toMatchObject({ code: 0, output: expect.stringContaining(`usage: bko ${name} [options]`) });
      for (const line of help.output.split('\n')) expect(line.length).toBeLessThanOrEqual(140);
    }
  });

  it('refuses what it does not know', async () => {
    expect(await cliRun(['lin'])).toMatchObject({
      code: 2,
      errors: expect.stringContaining('there is no command "lin"; the commands are lint'),
    });
    expect((await cliRun([])).code).toBe(2);
  });

  it('prints the schema for editors', async () => {
    const { code, output } = await cliRun(['schema']);
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#' });
    expect((await cliRun(['schema', 'x'])).code).toBe(2);
  });
});
