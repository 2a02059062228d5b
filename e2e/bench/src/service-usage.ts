/** What one process of a replica has used since its start. */
export interface ProcessFigures {
  readonly service: string;
  readonly pod: string;
  /** When the process was started, in seconds since the epoch; another one counts from nothing. */
  readonly startedAt: number;
  /** Calls to the API server, retries included. */
  readonly kubeRequests: number;
  /** The most memory that it has held at once (resident), in bytes. */
  readonly peakBytes: number;
  readonly cpuSeconds: number;
}

/** What all replicas of a service have used within a time. */
export interface ServiceUsage {
  readonly service: string;
  readonly kubeRequests: number;
  readonly cpuSeconds: number;
  /** Of every process that there was. */
  readonly peakBytes: readonly number[];
  /** Processes that were started within the time. */
  readonly starts: number;
}

/** What the service's processes have used between the first look and the last one at each. Pure. */
export function serviceUsage(service: string, before: readonly ProcessFigures[], latest: readonly ProcessFigures[]): ServiceUsage {
  const own = latest.filter(figure => figure.service === service);
  const earlier = (figure: ProcessFigures) => before.find(one => one.pod === figure.pod && one.startedAt === figure.startedAt);
  const used = (key: 'kubeRequests' | 'cpuSeconds') =>
    own.reduce((total, figure) => total + figure[key] - (earlier(figure)?.[key] ?? 0), 0);
  return {
    service,
    kubeRequests: used('kubeRequests'),
    cpuSeconds: used('cpuSeconds'),
    peakBytes: own.map(({ peakBytes }) => peakBytes),
    starts: own.filter(figure => earlier(figure) === undefined).length,
  };
}
