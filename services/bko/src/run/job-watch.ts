import { type BuildJob, type BuildJobStatus, isFinal } from '@buildkite-operator/crds';
import { type Live, Reflector, type ResourceDefinition, refKey, type Transport } from '@buildkite-operator/kube';
import type { Logger } from '@buildkite-operator/service';

export interface JobWatchOptions {
  readonly transport: Transport;
  readonly resource: ResourceDefinition<BuildJob>;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly logger: Logger;
  /** Called with each state that is seen, the first included. */
  readonly onState: (job: Live<BuildJob>) => void;
}

/** Watches one BuildJob to its end: its final status, or undefined where it was deleted before. */
export async function watchJob(options: JobWatchOptions, signal: AbortSignal): Promise<BuildJobStatus | undefined> {
  const { transport, resource, namespace, name, uid, logger, onState } = options;
  const reflector = new Reflector<BuildJob>({ transport, resource, namespace, fieldSelector: { 'metadata.name': name }, logger });
  const ended = Promise.withResolvers<BuildJobStatus | undefined>();
  const see = (job: Live<BuildJob> | undefined) => {
    if (job?.metadata.uid !== uid) return ended.resolve(undefined);
    onState(job);
    if (job.status !== undefined && isFinal(job.status.phase)) ended.resolve(job.status);
  };
  const stop = new AbortController();
  const within = AbortSignal.any([signal, stop.signal]);
  const { store } = reflector;
  const unsubscribe = store.onChange(change => {
    if (store.hasSynced) see(change.type === 'deleted' ? undefined : change.object);
  });
  const running = reflector.run(within);
  const onAbort = () => ended.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await store.waitForSync(within);
    see(store.get(refKey({ namespace, name })));
    return await ended.promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    unsubscribe();
    stop.abort();
    await running;
  }
}
