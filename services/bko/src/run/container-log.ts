import { isKubeError, type Pod, type ResourceClient, type Transport } from '@buildkite-operator/kube';
import { backoffDelay, sleep } from '@buildkite-operator/service';
import { LogLines } from './log-lines.ts';

const waitMs = 500;
const backoff = { initialMs: 200, maxMs: 5000 };

export interface ContainerLogOptions {
  readonly transport: Transport;
  readonly pods: ResourceClient<Pod>;
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  readonly container: string;
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Aborted once the job has ended: a container that has not started by then never will. */
  readonly over: AbortSignal;
  /** Aborted some time after that: a stream that still goes on has lost its other end. */
  readonly late: AbortSignal;
}

/**
 * Writes a container's log from its beginning to its end, each byte once, through cut connections and restarts of the API server. Returns when
 * the container has ended and its log is read, or when there will be none.
 */
export async function writeContainerLog(options: ContainerLogOptions, signal: AbortSignal): Promise<void> {
  const lines = new LogLines();
  for (let failures = 0; ; ) {
    const over = options.over.aborted;
    const before = await containerState(options, signal);
    if (before === 'gone' || (before === 'waiting' && over)) return;
    if (before === 'waiting' || before === 'unknown') {
      await sleep(waitMs, signal);
      continue;
    }
    const isWhole = await readOnce(options, lines, before === 'running', signal);
    // What ended before the reading began was read to its end.
    if (isWhole && before === 'ended') return;
    failures = isWhole ? 0 : failures + 1;
    if (failures > 0) await sleep(backoffDelay(failures, backoff), signal);
  }
}

/** Whether the stream came to an end of its own. */
async function readOnce(
  { transport, namespace, pod, container, write, late }: ContainerLogOptions,
  lines: LogLines,
  follow: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  lines.reconnect();
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
  try {
    const stream = await transport.stream(
      { path, query: { container, follow, timestamps: true, sinceTime: lines.since } },
      follow ? AbortSignal.any([signal, late]) : signal,
    );
    for await (const bytes of stream) {
      const fresh = lines.push(bytes);
      if (fresh.length > 0) await write(fresh);
    }
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (follow && late.aborted) return false;
    // Refused for good: the job goes on without its log.
    if (isKubeError(error, 'Forbidden', 'Unauthorized')) throw error;
    if (isKubeError(error)) return false;
    throw error;
  }
}

type ContainerState = 'ended' | 'gone' | 'running' | 'unknown' | 'waiting';

async function containerState(
  { pods, namespace, pod, podUid, container }: ContainerLogOptions,
  signal: AbortSignal,
): Promise<ContainerState> {
  try {
    const found = await pods.find({ name: pod, namespace }, {}, signal);
    if (found?.metadata.uid !== podUid) return 'gone';
    const statuses = [...(found.status?.initContainerStatuses ?? []), ...(found.status?.containerStatuses ?? [])];
    const state = statuses.find(({ name }) => name === container)?.state;
    if (state?.terminated !== undefined) return 'ended';
    return state?.running === undefined ? 'waiting' : 'running';
  } catch (error) {
    signal.throwIfAborted();
    if (isKubeError(error, 'Forbidden', 'Unauthorized') || !isKubeError(error)) throw error;
    return 'unknown';
  }
}
