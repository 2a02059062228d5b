import { watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { clusterStatus, startCluster, stopCluster } from '@buildkite-operator/e2e-cluster';
import { installOperator, kubectlFor } from '@buildkite-operator/e2e-operator';
import { interruptionSignal, repositoryRoot, requireLocalClusterSystem, say, step } from '@buildkite-operator/e2e-setup';
import { provideImages, startTestbed } from '@buildkite-operator/e2e-testbed';

const helpText = `Usage: pnpm dev

Brings up the local cluster, a simulator and the operator, then rebuilds and rolls out the operator at each change of a source in
packages/ or services/. Ctrl-C removes all of it again (a cluster that was up before stays).
`;

/** Changes come in bursts: an editor writes several files, a formatter writes them again. */
const settleMs = 500;

async function dev(signal: AbortSignal): Promise<void> {
  await requireLocalClusterSystem();
  const wasUp = (await clusterStatus()).health !== 'down';
  const cluster = await startCluster({});
  const testbed = await startTestbed({ webhooks: true });
  try {
    const { info } = testbed;
    say(`\nReady. In another shell:
  export BUILDKITE_SIMULATOR_URL=${info.simulatorOrigin}
  eval "$(pnpm --silent local env)"
  pnpm simulator build create pipeline.yml
  kubectl logs -n ${info.namespace} -l app.kubernetes.io/name=controller -f\n`);
    const kubectl = await kubectlFor({ kubeconfigPath: info.kubeconfigPath });
    for await (const files of changes(['packages', 'services'], signal)) {
      say(`\nchanged: ${files.join(', ')}`);
      try {
        const images = await provideImages(cluster);
        await step('Roll out', () => installOperator(kubectl, { ...info.installation, images }));
      } catch (error) {
        say(`not rolled out, waiting for the next change: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  } finally {
    await testbed.close();
    if (!wasUp) await stopCluster();
  }
}

/** The source files that changed, a burst at a time, until the signal is aborted. */
async function* changes(folders: readonly string[], signal: AbortSignal): AsyncGenerator<string[]> {
  const changed = new Set<string>();
  const isSource = (file: string) =>
    /(^|\/)src\/.*\.ts$|Dockerfile$/.test(file) && !file.includes('node_modules') && !file.endsWith('.test.ts');
  const watchers = folders.map(folder =>
    watch(join(repositoryRoot, folder), { recursive: true, signal }, (_event, file) => {
      if (file !== null && isSource(file)) changed.add(join(folder, file));
    }),
  );
  try {
    while (!signal.aborted) {
      await delay(settleMs, undefined, { signal }).catch(() => undefined);
      if (changed.size === 0) continue;
      const files = [...changed];
      changed.clear();
      yield files;
    }
  } finally {
    for (const watcher of watchers) watcher.close();
  }
}

if (process.argv.includes('--help')) {
  say(helpText);
} else {
  try {
    await dev(interruptionSignal());
  } catch (error) {
    say(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
