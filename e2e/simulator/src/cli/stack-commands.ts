import { type Command, urlOption } from './command.ts';

const clusterOption = { cluster: { type: 'string', value: 'NAME', help: 'default: the first one' } } as const;

const createQueueCommand: Command = {
  name: 'queue create',
  args: 'QUEUE',
  summary: 'Makes a queue, so that a stack can register for it before there are jobs or agents of it.',
  options: { ...urlOption, ...clusterOption },
  run: async input => {
    await input.client.createQueue(input.positional(0, 'QUEUE'), input.text('cluster'));
  },
};

const pauseQueueCommand: Command = {
  name: 'queue pause',
  args: 'QUEUE',
  summary: 'Pauses a queue: agents get no jobs of it, and stacks are told.',
  options: { ...urlOption, ...clusterOption },
  run: async input => {
    await input.client.pauseQueue(input.positional(0, 'QUEUE'), input.text('cluster'));
  },
};

const resumeQueueCommand: Command = {
  name: 'queue resume',
  args: 'QUEUE',
  summary: 'Lets a paused queue go on.',
  options: { ...urlOption, ...clusterOption },
  run: async input => {
    await input.client.resumeQueue(input.positional(0, 'QUEUE'), input.text('cluster'));
  },
};

const listQueuesCommand: Command = {
  name: 'queue list',
  summary: 'Lists the queues of every cluster.',
  options: urlOption,
  run: async (input, print) => {
    for (const { name, queues } of (await input.client.info()).clusters) {
      for (const { key, dispatchPaused } of queues) print(`${key}  ${dispatchPaused ? 'paused' : 'active'}  cluster ${name}`);
    }
  },
};

const createTokenCommand: Command = {
  name: 'token create',
  summary: 'Makes another registration token, for agents or a stack; prints it.',
  options: { ...urlOption, ...clusterOption },
  run: async (input, print) => print(await input.client.createToken(input.text('cluster'))),
};

const revokeTokenCommand: Command = {
  name: 'token revoke',
  args: 'TOKEN',
  summary: 'Ends a registration token; agents that have registered with it stay.',
  options: urlOption,
  run: input => input.client.revokeToken(input.positional(0, 'TOKEN')),
};

const stacksCommand: Command = {
  name: 'stacks',
  summary: 'Lists stacks, and how often they called.',
  options: urlOption,
  run: async (input, print) => {
    for (const { key, type, state, queue, calls } of await input.client.stacks()) {
      const counts = Object.entries(calls).map(
        ([scope, { calls: all, limited }]) => `${scope} ${all}${limited === 0 ? '' : ` (${limited} limited)`}`,
      );
      print(`${key}  ${state}  ${type}  queue ${queue}${counts.length === 0 ? '' : `  calls: ${counts.join(', ')}`}`);
    }
  },
};

const forgetStackCommand: Command = {
  name: 'stack forget',
  args: 'KEY',
  summary: 'Forgets a stack, so that its next call is answered 404 until it registers again.',
  options: urlOption,
  run: input => input.client.forgetStack(input.positional(0, 'KEY')),
};

const reservationsCommand: Command = {
  name: 'reservations',
  summary: 'Lists the reservations in force.',
  options: { ...urlOption, expire: { type: 'boolean', help: 'let them run out now, instead' } },
  run: async (input, print) => {
    if (input.flag('expire')) {
      await input.client.expireReservations();
      return;
    }
    for (const { jobId, stackKey, queue, until, extensions } of await input.client.reservations())
      print(`${jobId}  stack ${stackKey}  queue ${queue}  until ${new Date(until).toISOString()}  extended ${extensions} times`);
  },
};

const notificationsCommand: Command = {
  name: 'notifications',
  args: '[JOB]',
  summary: 'Shows what stacks have told of a job, or of all.',
  options: urlOption,
  run: async (input, print) => {
    for (const { jobId, stackKey, at, detail } of await input.client.notifications(input.positionals[0]))
      print(`${new Date(at).toISOString()}  ${jobId}  ${stackKey}: ${detail}`);
  },
};

/** Commands about queues, tokens and what stacks do. */
export const stackCommands: readonly Command[] = [
  listQueuesCommand,
  createQueueCommand,
  pauseQueueCommand,
  resumeQueueCommand,
  createTokenCommand,
  revokeTokenCommand,
  stacksCommand,
  forgetStackCommand,
  reservationsCommand,
  notificationsCommand,
];
