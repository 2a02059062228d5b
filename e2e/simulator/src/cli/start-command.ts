import { parseInput } from '../control-api/control-route.ts';
import { settingsPatchSchema, settingsSchema } from '../domain/settings.ts';
import { startSimulator } from '../simulator.ts';
import { type Command, UsageError } from './command.ts';

export const startCommand: Command = {
  name: 'start',
  summary: 'Starts a simulator, prints its URL and token, and runs until it gets SIGTERM or Ctrl-C.',
  options: {
    port: { type: 'string', value: 'PORT', help: 'port to listen on; default: a free one' },
    'listen-address': { type: 'string', value: 'ADDRESS', help: 'address to listen on; default: 127.0.0.1' },
    'advertised-host': { type: 'string', value: 'HOST', help: 'how agents reach it, if not by the listen address' },
    'data-directory': { type: 'string', value: 'PATH', help: 'where logs and artifacts are kept; default: a temporary folder' },
    'agent-token': { type: 'string', value: 'TOKEN', help: 'registration token of the default cluster; default: a random one' },
    organization: { type: 'string', value: 'SLUG', help: 'slug of the organization; default: simulated' },
    queue: { type: 'string', multiple: true, value: 'QUEUE', help: 'a queue of the default cluster, beside the default one' },
    set: {
      type: 'string',
      multiple: true,
      value: 'NAME=VALUE',
      help: 'a setting, e.g. lostAgentAfterMs=10000; `simulator settings` lists them',
    },
  },
  run: async (input, print) => {
    const port = input.number('port');
    if (port !== undefined && (!Number.isInteger(port) || port < 0 || port > 65_535))
      throw new UsageError(`--port is ${port}; give it a number from 0 to 65535`);
    const simulator = await startSimulator({
      port,
      host: input.text('listen-address'),
      advertisedHost: input.text('advertised-host'),
      dataDirectory: input.text('data-directory'),
      agentToken: input.text('agent-token'),
      organizationSlug: input.text('organization'),
      queues: input.texts('queue'),
      settings: readSettings(input.pairs('set')),
    });
    print(`BUILDKITE_SIMULATOR_URL=${simulator.origin}`);
    print(`BUILDKITE_AGENT_ENDPOINT=${simulator.url}`);
    print(`BUILDKITE_AGENT_TOKEN=${simulator.agentToken}`);
    await untilAborted(input.signal);
    await simulator.stop();
  },
};

/** Settings from the command line: those that are numbers become numbers. */
export function readSettings(pairs: Readonly<Record<string, string>>) {
  const unknown = Object.keys(pairs).find(name => !(name in settingsSchema.shape));
  if (unknown !== undefined) {
    throw new UsageError(`no setting is named "${unknown}"; there are:\n  ${Object.keys(settingsSchema.shape).join('\n  ')}`);
  }
  const values = Object.entries(pairs).map(([name, text]) => [name, Number.isNaN(Number(text)) ? text : Number(text)]);
  return parseInput(settingsPatchSchema, Object.fromEntries(values));
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>(resolve => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
