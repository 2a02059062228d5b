import { type BuildJob, buildJobResource } from '@buildkite-operator/crds';
import type { TestbedSession } from '@buildkite-operator/e2e-testbed';
import { builtin, createTransport, defineResource, loadClusterAccess, type Pod, Reflector } from '@buildkite-operator/kube';
import { createLogger } from '@buildkite-operator/service';
import { PodObserver } from './job-timeline.ts';

/** Notes when a watch first saw what becomes of jobs in the cluster. */
export interface ClusterObserver extends AsyncDisposable {
  readonly pods: PodObserver;
  /** When the BuildJob of this name was first seen, in milliseconds since the epoch. */
  buildJobSeenAt(name: string): number | undefined;
}

/** Watches the namespace of the jobs from now on. */
export async function observeCluster({ info }: TestbedSession): Promise<ClusterObserver> {
  const logger = createLogger('bench', 'silent');
  const transport = createTransport({ access: await loadClusterAccess({ kubeconfig: info.kubeconfigPath }), logger });
  const stop = new AbortController();
  const of = { transport, namespace: info.namespace, logger };
  const podReflector = new Reflector<Pod>({ ...of, resource: builtin.pods });
  const jobReflector = new Reflector<BuildJob>({ ...of, resource: defineResource<BuildJob>(buildJobResource) });
  const pods = new PodObserver();
  const jobs = new Map<string, number>();
  podReflector.store.onChange(({ object }) => pods.observe(object));
  jobReflector.store.onChange(({ object: { metadata } }) => {
    if (!jobs.has(metadata.name)) jobs.set(metadata.name, Date.now());
  });
  const running = Promise.all([podReflector.run(stop.signal), jobReflector.run(stop.signal)]);
  await Promise.all([podReflector.store.waitForSync(stop.signal), jobReflector.store.waitForSync(stop.signal)]);
  return {
    pods,
    buildJobSeenAt: name => jobs.get(name),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      await transport.close();
    },
  };
}
