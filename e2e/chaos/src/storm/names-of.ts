import type { TestbedSession } from '@buildkite-operator/e2e-testbed';
import { labelKeys, managedByValue } from '@buildkite-operator/podspec';

const kinds = ['buildjobs', 'buildenvironments', 'secrets', 'configmaps', 'leases', 'persistentvolumeclaims', 'serviceaccounts'];

/** Everything in the operator's namespace that a job could leave behind, by kind and name. */
export async function namesOf({ kubectl, info }: TestbedSession): Promise<string[]> {
  const get = (...what: string[]) => kubectl(['get', ...what, '--namespace', info.namespace, '--output', 'name']);
  const texts = await Promise.all([get(kinds.join(',')), get('pods', '--selector', `${labelKeys.managedBy}=${managedByValue}`)]);
  return texts.flatMap(text => text.split('\n')).filter(line => line !== '');
}
