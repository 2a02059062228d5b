import type { JobView } from '@buildkite-operator/e2e-simulator';
import type { CurrentTestbed } from '@buildkite-operator/e2e-testbed/vitest';

/** Evicts the job's pod through the API, as a drain or a descheduler does. */
export async function evict({ session: { info, kubectl } }: CurrentTestbed, job: JobView): Promise<void> {
  const name = `bk-${job.id}`;
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: info.namespace } };
  const path = `/api/v1/namespaces/${info.namespace}/pods/${name}/eviction`;
  await kubectl(['create', '--raw', path, '--filename=-'], { input: JSON.stringify(eviction) });
}
