import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@buildkite-operator/service';
import { SimulatorClient } from './client/simulator-client.ts';
import { parseInput } from './control-api/control-route.ts';
import { DownloadSigner } from './domain/artifacts.ts';
import { FaultList } from './domain/faults.ts';
import { OidcIssuer } from './domain/oidc.ts';
import { type Settings, type SettingsPatch, settingsSchema } from './domain/settings.ts';
import { sweep } from './domain/sweep.ts';
import { addCluster, createWorld, ensureQueue } from './domain/world.ts';
import type { SimulatorContext } from './http/context.ts';
import { createServer } from './http/server.ts';
import { ArtifactStore } from './storage/artifact-store.ts';
import { LogStore } from './storage/log-store.ts';

export interface SimulatorOptions {
  /** Port to listen on; a free one if not given. */
  readonly port?: number | undefined;
  /** Address to listen on; 127.0.0.1 if not given. */
  readonly host?: string | undefined;
  /** Where logs and artifacts are kept; a temporary folder, removed at `stop`, if not given. */
  readonly dataDirectory?: string | undefined;
  /**
   * Name or address by which agents reach the simulator, e.g. that of a bridge, when it is not `host`; the port is added.
   * It stands in every URL that the simulator gives out.
   */
  readonly advertisedHost?: string | undefined;
  /** Registration token of the first cluster; a random one if not given. */
  readonly agentToken?: string | undefined;
  readonly organizationSlug?: string | undefined;
  readonly settings?: SettingsPatch | undefined;
  /** Keys of queues of the first cluster, beside the default one; a stack can register only for a queue that there is. */
  readonly queues?: readonly string[] | undefined;
  /** Where the time comes from: what expires and who is lost goes by it. The machine's clock if not given. */
  readonly clock?: Clock | undefined;
}

/** A running simulator. */
export interface Simulator {
  /** Origin, e.g. `http://127.0.0.1:41234`, at which it listens. */
  readonly origin: string;
  /** The agent endpoint as agents reach it, with `/v3`. */
  readonly url: string;
  /** Registration token of the first cluster (BUILDKITE_AGENT_TOKEN). */
  readonly agentToken: string;
  /** Client of the control API. */
  readonly control: SimulatorClient;
  /** Stops listening, cuts open connections and removes a temporary data folder. */
  stop(): Promise<void>;
}

/** Starts a simulator in this process. Throws when the port is taken or a setting is wrong; leaves nothing behind then. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settings = parseInput(settingsSchema, options.settings);
  if (options.dataDirectory !== undefined) return startIn(options.dataDirectory, options, settings);
  const temporary = await mkdtemp(join(tmpdir(), 'buildkite-simulator-'));
  const removeTemporary = () => rm(temporary, { recursive: true, force: true });
  try {
    const simulator = await startIn(temporary, options, settings);
    const stop = async () => {
      await simulator.stop();
      await removeTemporary();
    };
    return { ...simulator, stop };
  } catch (error) {
    await removeTemporary();
    throw error;
  }
}

async function startIn(dataDirectory: string, options: SimulatorOptions, settings: Settings): Promise<Simulator> {
  let advertised = '';
  const world = createWorld({
    clock: options.clock ?? systemClock,
    settings,
    organizationSlug: options.organizationSlug,
    baseUrl: () => advertised,
  });
  const cluster = addCluster(world, 'default', options.agentToken);
  for (const key of options.queues ?? []) ensureQueue(cluster, key);
  const [agentToken = ''] = cluster.registrationTokens;
  const logs = new LogStore(dataDirectory);
  await logs.open();
  const context: SimulatorContext = {
    world,
    faults: new FaultList(),
    logs,
    artifacts: new ArtifactStore(dataDirectory),
    downloads: new DownloadSigner(),
    oidc: new OidcIssuer(),
  };
  removeForgottenFiles(context);
  const server = await createServer(context);
  const origin = await server.listen({ port: options.port ?? 0, host: options.host ?? '127.0.0.1' });
  advertised = options.advertisedHost === undefined ? origin : `http://${options.advertisedHost}:${new URL(origin).port}`;
  const sweeper = startSweeper(context);
  return {
    origin,
    url: `${advertised}/v3`,
    agentToken,
    control: new SimulatorClient(origin),
    stop: async () => {
      sweeper.stop();
      await server.close();
    },
  };
}

/** Files of forgotten jobs go as well; one that cannot be removed is left for the end. */
function removeForgottenFiles({ world, logs, artifacts }: SimulatorContext): void {
  world.events.on('forgotten', (jobIds, artifactIds) => {
    const removals = [...jobIds.map(id => logs.remove(id)), ...artifactIds.map(id => artifacts.remove(id))];
    void Promise.allSettled(removals);
  });
}

function startSweeper({ world }: SimulatorContext): { stop(): void } {
  let timer: NodeJS.Timeout;
  const next = () => {
    timer = setTimeout(() => {
      sweep(world);
      next();
    }, world.settings.sweepIntervalMs);
  };
  next();
  return { stop: () => clearTimeout(timer) };
}
