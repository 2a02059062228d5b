import { startCluster } from '@buildkite-operator/e2e-cluster';
import {
  claimCluster,
  hasNamespace,
  type Installation,
  installOperator,
  kubectlFor,
  operatorNamespace,
  uninstallOperator,
} from '@buildkite-operator/e2e-operator';
import { say, scratchDirectory, step } from '@buildkite-operator/e2e-setup';
import { type SettingsPatch, startSimulator } from '@buildkite-operator/e2e-simulator';
import { startGitHttpServer } from './git-http-server.ts';
import { startGitSshServer } from './git-ssh-server.ts';
import { type ImageReferences, provideImages } from './operator-images.ts';

/** What tests in other processes need to know of the running testbed; plain data. */
export interface TestbedInfo {
  readonly kubeconfigPath: string;
  readonly namespace: string;
  readonly images: ImageReferences;
  /** Origin of the simulator, as this machine reaches it. */
  readonly simulatorOrigin: string;
  readonly agentEndpoint: string;
  readonly agentToken: string;
  /** Folder of the served repositories. */
  readonly repositories: string;
  readonly gitHttp: { readonly origin: string; readonly user: string; readonly password: string };
  readonly gitSsh: { readonly url: string; readonly privateKey: string };
  readonly installation: Installation;
}

/** A running testbed. `close` ends every job and removes the operator and all servers; the cluster stays up. */
export interface Testbed {
  readonly info: TestbedInfo;
  close(): Promise<void>;
}

export interface TestbedOptions {
  /** Configuration of the operator, over its defaults. */
  readonly config?: NonNullable<Installation['config']>;
  readonly simulator?: SettingsPatch;
  /** Keys of Buildkite's queues that are there from the start. */
  readonly queues?: readonly string[];
  /** Whether the admission webhooks are installed. False when unset: then what they refuse reaches the controller. */
  readonly webhooks?: boolean;
  /** Whether the jobspawner is installed. False when unset: then nothing but a test takes jobs from the queues. */
  readonly jobspawner?: boolean;
}

/** Brings up the local cluster, the images, the simulator and the git servers, and installs the operator. */
export async function startTestbed(options: TestbedOptions = {}): Promise<Testbed> {
  const claim = await claimCluster('local');
  const cluster = await startCluster({});
  const images = await provideImages(cluster);
  const host = cluster.hostAddress;
  const scratch = await scratchDirectory('bkop-repositories-');
  const repositories = scratch.path;
  const simulator = await startSimulator({ host, settings: options.simulator ?? {}, queues: options.queues ?? [] });
  const gitHttp = await startGitHttpServer(repositories, host);
  const gitSsh = await startGitSshServer(repositories, host);
  const kubectl = await kubectlFor({ kubeconfigPath: cluster.kubeconfigPath });
  if (await hasNamespace(kubectl, operatorNamespace))
    await step('Remove the operator that was left here', () => uninstallOperator(kubectl));
  const { controller, agent, webhooks, jobspawner } = images;
  const installation: Installation = {
    images: { controller, agent, ...(options.webhooks === true && { webhooks }), ...(options.jobspawner === true && { jobspawner }) },
    agentEndpoint: simulator.url,
    agentToken: simulator.agentToken,
    config: options.config ?? {},
  };
  say('  installing the operator');
  await installOperator(kubectl, installation);
  return {
    info: {
      kubeconfigPath: cluster.kubeconfigPath,
      namespace: operatorNamespace,
      images,
      simulatorOrigin: simulator.origin,
      agentEndpoint: simulator.url,
      agentToken: simulator.agentToken,
      repositories,
      gitHttp: { origin: gitHttp.origin, ...gitHttp.credentials },
      gitSsh: { url: gitSsh.url, privateKey: gitSsh.privateKey },
      installation,
    },
    close: async () => {
      await uninstallOperator(kubectl);
      await Promise.all([gitHttp.close(), gitSsh.close(), simulator.stop()]);
      await scratch[Symbol.asyncDispose]();
      claim.release();
    },
  };
}
