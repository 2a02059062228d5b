import { kubectlFor } from '@buildkite-operator/e2e-operator';
import { SimulatorClient } from '@buildkite-operator/e2e-simulator';
import type { Testbed } from './start-testbed.ts';

/** What a run of tests may make in the operator's namespace; the operator itself brings some of it. */
const kinds = ['secrets', 'configmaps', 'serviceaccounts', 'persistentvolumeclaims', 'buildjobs', 'buildenvironments'];

/** Pods of jobs; those of the operator come and go as tests kill them. */
const jobPods = ['pods', '--selector', 'app.kubernetes.io/managed-by=buildkite-operator'];

/** Remembers what there is, and gives a function that names what has come since. */
export async function watchLeftBehind({ info }: Testbed): Promise<() => Promise<string[]>> {
  const kubectl = await kubectlFor({ kubeconfigPath: info.kubeconfigPath });
  const named = async (...what: string[]) =>
    (await kubectl(['get', ...what, '--namespace', info.namespace, '--output', 'name'])).split('\n').filter(line => line !== '');
  const names = async () => [...(await named(kinds.join(','))), ...(await named(...jobPods))];
  const before = new Set(await names());
  return async () => [...(await names()).filter(name => !before.has(name)), ...(await strayBreaches(info.simulatorOrigin))];
}

/** What the referee has that concerns no job, and so no test. The test of the agent token tries calls with wrong tokens by intent. */
async function strayBreaches(simulatorOrigin: string): Promise<string[]> {
  const entries = await new SimulatorClient(simulatorOrigin).referee();
  const stray = entries.filter(({ jobId, kind }) => jobId === undefined && kind !== 'wrong-token');
  return stray.map(({ kind, explanation }) => `${kind} at the referee (${explanation})`);
}
