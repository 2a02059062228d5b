import { type ParseArgsConfig, parseArgs } from 'node:util';
import { ClusterError } from './cluster-error.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

interface CommandRules {
  /** As the help shows it. */
  readonly usage: string;
  readonly summary: string;
  readonly options?: Options;
  /** How many arguments it takes. */
  readonly least: number;
  readonly most: number;
  /** Everything after the command (and its first `least` arguments) belongs to another program. */
  readonly passesOn?: boolean;
}

const rules = {
  up: {
    usage: 'up [--nodes N]',
    summary: 'bring the cluster up, from any state; N nodes if it is new (default 2)',
    options: { nodes: { type: 'string' } },
    least: 0,
    most: 0,
  },
  down: {
    usage: 'down [--images]',
    summary: 'end it and remove everything of it; --images: the pushed images, too',
    options: { images: { type: 'boolean' } },
    least: 0,
    most: 0,
  },
  status: {
    usage: 'status [--json]',
    summary: 'what runs, and where; exit status 3 when down, 4 when degraded',
    options: { json: { type: 'boolean' } },
    least: 0,
    most: 0,
  },
  env: { usage: 'env', summary: 'shell settings for kubectl: eval "$(pnpm --silent local env)"', least: 0, most: 0 },
  kubectl: { usage: 'kubectl ARGUMENT...', summary: 'run kubectl as administrator', least: 0, most: Infinity, passesOn: true },
  logs: {
    usage: 'logs PART [--follow]',
    summary: 'log of kube-apiserver, etcd, ... or of NODE/kubelet, NODE/containerd, NODE/kube-proxy',
    options: { follow: { type: 'boolean', short: 'f' } },
    least: 1,
    most: 1,
  },
  'load-image': {
    usage: 'load-image ARCHIVE|IMAGE [NAME:TAG]',
    summary: 'push an OCI archive, or an image that buildah built, to the registry',
    least: 1,
    most: 2,
  },
  'add-node': { usage: 'add-node [NAME]', summary: 'add a node and wait until it is Ready', least: 0, most: 1 },
  'kill-node': { usage: 'kill-node NAME', summary: 'end every process of a node at once, as a power failure does', least: 1, most: 1 },
  'start-node': { usage: 'start-node NAME', summary: 'switch a killed node on again', least: 1, most: 1 },
  'remove-node': { usage: 'remove-node NAME', summary: 'remove a node for good', least: 1, most: 1 },
  'node-exec': {
    usage: 'node-exec NAME COMMAND...',
    summary: 'run a command inside a node, e.g. ctr --namespace k8s.io images list',
    least: 2,
    most: Infinity,
    passesOn: true,
  },
  'restart-apiserver': { usage: 'restart-apiserver', summary: 'SIGKILL, start, wait until ready', least: 0, most: 0 },
  restart: { usage: 'restart PART', summary: 'SIGKILL a part of the control plane and start it again', least: 1, most: 1 },
} as const satisfies Record<string, CommandRules>;

export type CommandName = keyof typeof rules;

/** What the command line asks for. */
export interface Command {
  readonly name: CommandName | 'help';
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly parameters: readonly string[];
}

/** The text of `pnpm local --help`. */
export function helpText(): string {
  const width = Math.max(...Object.values(rules).map(({ usage }) => usage.length)) + 2;
  const lines = Object.values(rules).map(({ usage, summary }) => `  ${usage.padEnd(width)}${summary}`);
  return [
    'A real Kubernetes for this checkout: control plane, nodes and image registry on this machine, without Docker.',
    '',
    'Usage: pnpm local COMMAND',
    '',
    ...lines,
    '',
    'Exit status: 0 done, 1 failed, 2 wrong arguments.',
    'State and images are kept in ~/.cache/buildkite-operator, or in $BUILDKITE_OPERATOR_CACHE.',
  ].join('\n');
}

/** Reads the command line; throws `bad-argument` that names what is wrong and what would be right. */
export function parseCommand(words: readonly string[]): Command {
  const [name, ...rest] = words;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') return { name: 'help', values: {}, parameters: [] };
  if (!isCommandName(name)) throw wrong(`unknown command ${JSON.stringify(name)}; the commands are ${Object.keys(rules).join(', ')}`);
  const rule: CommandRules = rules[name];
  const { values, parameters } = rule.passesOn === true ? { values: {}, parameters: rest } : parseRest(name, rule, rest);
  if (values['help'] === true) return { name: 'help', values: {}, parameters: [] };
  if (parameters.length < rule.least || parameters.length > rule.most)
    throw wrong(
      `${name} got ${parameters.length === 0 ? 'no argument' : parameters.map(word => JSON.stringify(word)).join(' ')}; usage: pnpm local ${rule.usage}`,
    );
  return { name, values, parameters };
}

function parseRest(name: string, rule: CommandRules, rest: string[]): Pick<Command, 'values' | 'parameters'> {
  try {
    const options: Options = { ...rule.options, help: { type: 'boolean', short: 'h' } };
    const { values, positionals } = parseArgs({ args: rest, options, allowPositionals: true, strict: true });
    return { values: values as Command['values'], parameters: positionals };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('. ')[0] : String(error);
    throw wrong(`${name}: ${reason}; usage: pnpm local ${rule.usage}`);
  }
}

function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(rules, name);
}

function wrong(message: string): ClusterError {
  return new ClusterError('bad-argument', message);
}
