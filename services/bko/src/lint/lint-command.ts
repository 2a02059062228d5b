import { readFile } from 'node:fs/promises';
import { type LintOptions, lintPipeline } from '@buildkite-operator/pipeline-lint';
import { errorMessage } from '@buildkite-operator/service';
import type { Command, Input, Surroundings } from '../cli/command.ts';
import { UsageError } from '../cli/usage-error.ts';
import { type FileFinding, type Format, formatFindings, formats } from './format-findings.ts';
import { readPlatform } from './platform.ts';

const defaultQueue = 'bk-operator';

/** `bko lint`. */
export const lintCommand: Command = {
  name: 'lint',
  operands: 'FILE...',
  summary: 'finds what would fail the jobs of a pipeline, before it is uploaded',
  options: {
    queue: {
      type: 'string',
      value: 'KEY',
      multiple: true,
      help: `queue of the operator; default: the configuration's, else ${defaultQueue}`,
    },
    config: { type: 'string', value: 'FILE', help: "the operator's ConfigMap: its queues, tags, resource classes and allowed keys" },
    format: { type: 'string', value: 'FORMAT', help: `${formats.join(', ')}; default: text` },
  },
  details: [
    'FILE is a pipeline in YAML or JSON, and - is standard input.',
    'Variables that pipeline upload fills in are taken to hold what is right.',
    'Exit code: 0 no errors (there may be warnings), 1 errors, 2 the command line or a file cannot be used.',
  ],
  run: lint,
};

async function lint(input: Input, surroundings: Surroundings): Promise<number> {
  const format = formatOf(input);
  if (input.passedOn !== undefined || input.words.length === 0)
    throw new UsageError('give it the FILE of a pipeline, or - for standard input');
  const options = await optionsOf(input);
  const findings: FileFinding[] = [];
  for (const file of input.words) {
    const text = file === '-' ? await readAll(surroundings.stdin) : await readText(file);
    findings.push(...lintPipeline(text, options).map(finding => ({ file: file === '-' ? 'stdin' : file, ...finding })));
  }
  await surroundings.write(formatFindings(findings, format));
  return findings.some(({ severity }) => severity === 'error') ? 1 : 0;
}

function formatOf(input: Input): Format {
  const wanted = input.text('format') ?? 'text';
  const format = formats.find(format => format === wanted);
  if (format === undefined) throw new UsageError(`--format is "${wanted}"; there are ${formats.join(', ')}`);
  return format;
}

async function optionsOf(input: Input): Promise<LintOptions> {
  const config = input.text('config');
  const queues = input.texts('queue');
  const platform = config === undefined ? { queues: [defaultQueue] } : readPlatform(await readText(config), config);
  return queues.length === 0 ? platform : { ...platform, queues };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${errorMessage(error)}`, error);
  }
}

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
