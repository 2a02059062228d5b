import { kubectlFor } from '@buildkite-operator/e2e-operator';
import type { Testbed } from '@buildkite-operator/e2e-testbed';

/** What a run of tests may make in the operator's namespace; the operator itself brings some of it. */
const kinds = ['secrets', 'configmaps', 'serviceaccounts', 'persistentvolumeclaims', 'buildjobs', 'buildenvironments'];

/** Remembers what there is, and gives a function that names what has come since. */
export async function watchLeftBehind({ info }: Testbed): Promise<() => Promise<string[]>> {
  const kubectl = await kubectlFor({ kubeconfigPath: info.kubeconfigPath });
  const names = async () =>
    (await kubectl(['get', kinds.join(','), '--namespace', info.namespace, '--output', 'name'])).split('\n').filter(line => line !== '');
  const before = new Set(await names());
  return async () => (await names()).filter(name => !before.has(name));
}
