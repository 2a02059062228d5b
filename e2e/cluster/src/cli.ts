import { existsSync } from 'node:fs';
import { interruptionSignal, say } from '@buildkite-operator/e2e-setup';
import { errorMessage } from '@buildkite-operator/service';
import { execa } from 'execa';
import { type Command, type CommandName, helpText, parseCommand } from './cli-command.ts';
import { attachCluster } from './cluster.ts';
import { ClusterError } from './cluster-error.ts';
import { type ClusterHealth, clusterStatus } from './cluster-status.ts';
import { controlPlaneComponents } from './control-plane.ts';
import { loadImage } from './load-image.ts';
import { startCluster } from './start-cluster.ts';
import { renderStatus } from './status-text.ts';
import { stopCluster } from './stop-cluster.ts';

/** Returns the exit status. */
type Handler = (command: Command, signal: AbortSignal) => Promise<number>;

const statusCodes: Readonly<Record<ClusterHealth, number>> = { up: 0, down: 3, degraded: 4 };

const handlers: Readonly<Record<CommandName, Handler>> = {
  async up({ values }, signal) {
    const nodes = values['nodes'];
    const cluster = await startCluster({ ...(nodes === undefined ? {} : { nodes: Number(nodes) }), signal });
    say(`The local cluster is up: ${cluster.url}`);
    say('  use it:  pnpm local kubectl get nodes     or     eval "$(pnpm --silent local env)"');
    return 0;
  },
  async down({ values }) {
    await stopCluster({ images: values['images'] === true });
    say(`The local cluster is down; ${values['images'] === true ? 'nothing' : 'only what was pushed to its registry'} is left of it.`);
    return 0;
  },
  async status({ values }) {
    const status = await clusterStatus();
    say(values['json'] === true ? JSON.stringify(status, undefined, 2) : renderStatus(status));
    return statusCodes[status.health];
  },
  async env() {
    const cluster = await attachCluster();
    const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
    say(`export KUBECONFIG=${quote(cluster.kubeconfigPath)}`);
    say(`export PATH=${quote(cluster.binaries)}:"$PATH"`);
    return 0;
  },
  async kubectl({ parameters }) {
    const cluster = await attachCluster();
    return passThrough(cluster.kubectlPath, [`--kubeconfig=${cluster.kubeconfigPath}`, ...parameters]);
  },
  async logs({ values, parameters: [part = ''] }) {
    const cluster = await attachCluster();
    const path = cluster.logPath(part);
    if (!existsSync(path)) {
      const nodes = (await cluster.nodes()).flatMap(({ name }) =>
        ['kubelet', 'containerd', 'kube-proxy'].map(process => `${name}/${process}`),
      );
      throw new ClusterError(
        'unknown-name',
        `there is no log of ${JSON.stringify(part)}; there are ${[...controlPlaneComponents, ...nodes].join(', ')}`,
      );
    }
    return passThrough('tail', [...(values['follow'] === true ? ['--follow=name'] : []), '--lines=+1', path]);
  },
  async 'load-image'({ parameters: [source = '', name] }) {
    say(await loadImage(await attachCluster(), source, name));
    return 0;
  },
  async 'add-node'({ parameters: [name] }, signal) {
    say(`${await (await attachCluster()).addNode({ name }, signal)} is Ready`);
    return 0;
  },
  async 'kill-node'({ parameters: [name = ''] }) {
    await (await attachCluster()).killNode(name);
    say(`${name} is dead; Kubernetes marks it NotReady in 12 to 20 s`);
    return 0;
  },
  async 'start-node'({ parameters: [name = ''] }, signal) {
    await (await attachCluster()).startNode(name, signal);
    say(`${name} is Ready`);
    return 0;
  },
  async 'remove-node'({ parameters: [name = ''] }) {
    await (await attachCluster()).removeNode(name);
    say(`${name} is removed`);
    return 0;
  },
  async 'node-exec'({ parameters: [name = '', ...command] }) {
    const [program = 'nsenter', ...rest] = (await attachCluster()).enterNode(name);
    return passThrough(program, [...rest, ...command]);
  },
  async 'restart-apiserver'(_, signal) {
    await (await attachCluster()).restartApiServer(signal);
    say('The API server is ready again');
    return 0;
  },
  async restart({ parameters: [part = ''] }) {
    const component = controlPlaneComponents.find(name => name === part);
    if (component === undefined)
      throw new ClusterError(
        'unknown-name',
        `there is no part ${JSON.stringify(part)}; the parts are ${controlPlaneComponents.join(', ')}`,
      );
    await (await attachCluster()).restartComponent(component);
    say(`${component} is started again`);
    return 0;
  },
};

/** Runs a program in our place: its input, output and exit status are ours. */
async function passThrough(program: string, parameters: readonly string[]): Promise<number> {
  const { exitCode } = await execa(program, parameters, { stdio: 'inherit', reject: false });
  return exitCode ?? 1;
}

async function main(): Promise<number> {
  try {
    const command = parseCommand(process.argv.slice(2));
    if (command.name !== 'help') return await handlers[command.name](command, interruptionSignal());
    say(helpText());
    return 0;
  } catch (error) {
    process.stderr.write(`error: ${errorMessage(error)}\n`);
    return error instanceof ClusterError && error.code === 'bad-argument' ? 2 : 1;
  }
}

process.exitCode = await main();
