import { writeFile } from 'node:fs/promises';
import { SimulatorRequestError } from '../client/client-errors.ts';
import type { FaultRequest } from '../domain/faults.ts';
import { type Command, type Input, UsageError, urlOption } from './command.ts';
import { faultLine, jobLine, refereeLines } from './describe.ts';
import { readSettings } from './start-command.ts';

const cancelCommand: Command = {
  name: 'cancel',
  args: 'JOB|BUILD',
  summary: 'Cancels a job, or all that is left of a build.',
  options: urlOption,
  run: async (input, print) => {
    const id = input.positional(0, 'JOB|BUILD');
    const { client } = input;
    try {
      print(jobLine(await client.cancelJob(id)));
    } catch (error) {
      if (!(error instanceof SimulatorRequestError && error.status === 404)) throw error;
      const { state, number, pipelineSlug } = await client.cancelBuild(id);
      print(`build ${pipelineSlug}/${number} ${state}`);
    }
  },
};

const retryCommand: Command = {
  name: 'retry',
  args: 'JOB',
  summary: 'Retries a job that has ended; prints the new job.',
  options: urlOption,
  run: async (input, print) => print(jobLine(await input.client.retryJob(input.positional(0, 'JOB')))),
};

const unblockCommand: Command = {
  name: 'unblock',
  args: 'JOB',
  summary: 'Lets a blocked job go on.',
  options: { ...urlOption, field: { type: 'string', multiple: true, value: 'KEY=VALUE', help: "value of one of the step's fields" } },
  run: async (input, print) => print(jobLine(await input.client.unblockJob(input.positional(0, 'JOB'), input.pairs('field')))),
};

const addFaultCommand: Command = {
  name: 'fault add',
  summary: 'Makes calls of agents fail. Exactly one of --status, --delay, --drop, --lost-answer says how.',
  options: {
    ...urlOption,
    method: { type: 'string', value: 'METHOD', help: 'only this HTTP method' },
    route: { type: 'string', value: 'PATTERN', help: 'only paths below /v3 that fit, e.g. jobs/*/finish; ** fits any number of parts' },
    job: { type: 'string', value: 'JOB', help: 'only calls about this job' },
    status: { type: 'string', value: 'STATUS', help: 'answer this status instead of acting' },
    header: { type: 'string', multiple: true, value: 'NAME=VALUE', help: 'header of that answer, e.g. Retry-After=2' },
    body: { type: 'string', value: 'JSON', help: 'body of that answer' },
    delay: { type: 'string', value: 'MS', help: 'wait, then act and answer' },
    drop: { type: 'boolean', help: 'cut the connection instead of acting' },
    'lost-answer': { type: 'boolean', help: 'act, then cut the connection' },
    times: { type: 'string', value: 'N', help: 'hit at most N calls' },
    skip: { type: 'string', value: 'N', help: 'let the first N matching calls pass' },
    probability: { type: 'string', value: '0..1', help: 'chance that a matching call is hit; default: 1' },
    seed: { type: 'string', value: 'N', help: 'makes chances repeatable' },
  },
  run: async (input, print) => {
    print(
      faultLine(
        await input.client.addFault({
          match: { method: input.text('method'), route: input.text('route'), jobId: input.text('job') },
          action: readAction(input),
          times: input.number('times'),
          skip: input.number('skip'),
          probability: input.number('probability'),
          seed: input.number('seed'),
        }),
      ),
    );
  },
};

function readAction(input: Input): FaultRequest['action'] {
  const status = input.number('status');
  const ms = input.number('delay');
  const actions: FaultRequest['action'][] = [
    ...(status === undefined
      ? []
      : [{ type: 'status' as const, status, headers: input.pairs('header'), body: readJson(input.text('body')) }]),
    ...(ms === undefined ? [] : [{ type: 'delay' as const, ms }]),
    ...(input.flag('drop') ? [{ type: 'drop' as const }] : []),
    ...(input.flag('lost-answer') ? [{ type: 'lost-answer' as const }] : []),
  ];
  const [action, ...more] = actions;
  if (action === undefined || more.length > 0)
    throw new UsageError('say how calls are to fail: exactly one of --status, --delay, --drop, --lost-answer');
  return action;
}

function readJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UsageError(`--body is no JSON: ${text}`);
  }
}

const listFaultsCommand: Command = {
  name: 'fault list',
  summary: 'Lists faults and how often they have hit.',
  options: urlOption,
  run: async (input, print) => {
    for (const fault of await input.client.faults()) print(faultLine(fault));
  },
};

const clearFaultsCommand: Command = {
  name: 'fault clear',
  args: '[FAULT]',
  summary: 'Removes one fault, or all.',
  options: urlOption,
  run: async input => {
    const [id] = input.positionals;
    await (id === undefined ? input.client.clearFaults() : input.client.removeFault(id));
  },
};

const refereeCommand: Command = {
  name: 'referee',
  summary: 'Shows every break of protocol that was seen. Exits 1 if there is any.',
  options: {
    ...urlOption,
    json: { type: 'boolean', help: 'print as JSON' },
    clear: { type: 'boolean', help: 'forget them after showing them' },
  },
  run: async (input, print) => {
    const report = await input.client.refereeReport();
    if (input.flag('json')) print(JSON.stringify(report, undefined, 2));
    else for (const entry of report.entries) for (const line of refereeLines(entry)) print(line);
    if (report.dropped > 0) print(`and ${report.dropped} more that were not kept`);
    if (input.flag('clear')) await input.client.clearReferee();
    return report.entries.length === 0 ? 0 : 1;
  },
};

const agentsCommand: Command = {
  name: 'agents',
  summary: 'Lists agents.',
  options: urlOption,
  run: async (input, print) => {
    for (const { id, name, state, queue, jobId } of await input.client.agents()) {
      print(`${id}  ${state}  ${name}  queue ${queue}${jobId === undefined ? '' : `  job ${jobId}`}`);
    }
  },
};

const artifactsCommand: Command = {
  name: 'artifacts',
  args: 'BUILD',
  summary: 'Lists the artifacts of a build.',
  options: urlOption,
  run: async (input, print) => {
    for (const { id, path, state, fileSize, jobId } of await input.client.artifacts(input.positional(0, 'BUILD'))) {
      print(`${id}  ${state}  ${fileSize} bytes  ${path}  job ${jobId}`);
    }
  },
};

const artifactCommand: Command = {
  name: 'artifact',
  args: 'ARTIFACT FILE',
  summary: 'Writes the bytes of an artifact to a file.',
  options: urlOption,
  run: async input => writeFile(input.positional(1, 'FILE'), await input.client.artifactBytes(input.positional(0, 'ARTIFACT'))),
};

const annotationsCommand: Command = {
  name: 'annotations',
  args: 'BUILD',
  summary: 'Shows the annotations of a build.',
  options: urlOption,
  run: async (input, print) => {
    for (const { context, style, body } of await input.client.annotations(input.positional(0, 'BUILD')))
      print(`[${style}] ${context}: ${body}`);
  },
};

const secretCommand: Command = {
  name: 'secret',
  args: 'KEY VALUE',
  summary: 'Sets a secret of a cluster.',
  options: { ...urlOption, cluster: { type: 'string', value: 'NAME', help: 'default: the first one' } },
  run: input => input.client.setSecret(input.positional(0, 'KEY'), input.positional(1, 'VALUE'), input.text('cluster')),
};

const settingsCommand: Command = {
  name: 'settings',
  summary: 'Shows the settings, after changing those that are given.',
  options: { ...urlOption, set: { type: 'string', multiple: true, value: 'NAME=VALUE', help: 'change a setting, e.g. minuteMs=1000' } },
  run: async (input, print) => {
    const changes = readSettings(input.pairs('set'));
    const settings = Object.keys(changes).length > 0 ? await input.client.changeSettings(changes) : await input.client.settings();
    for (const [name, value] of Object.entries(settings)) print(`${name}=${value}`);
  },
};

const resetCommand: Command = {
  name: 'reset',
  summary: 'Forgets builds, agents, faults and what the referee saw; keeps tokens, secrets and settings.',
  options: urlOption,
  run: input => input.client.reset(),
};

/** Commands that change or show the simulator. */
export const controlCommands: readonly Command[] = [
  cancelCommand,
  retryCommand,
  unblockCommand,
  addFaultCommand,
  listFaultsCommand,
  clearFaultsCommand,
  refereeCommand,
  agentsCommand,
  artifactsCommand,
  artifactCommand,
  annotationsCommand,
  secretCommand,
  settingsCommand,
  resetCommand,
];
