import { setTimeout as delay } from 'node:timers/promises';
import { ServiceDeployment, type TestbedSession } from '@buildkite-operator/e2e-testbed';
import { type ProcessFigures, type ServiceUsage, serviceUsage } from './service-usage.ts';
import { sumMetric } from './sum-metric.ts';

const services = ['jobspawner', 'controller', 'webhooks'] as const;

const sampleEveryMs = 15_000;

/**
 * What the services use from here on. They are looked at again and again, because one that loses its lease on a busy machine starts anew and
 * counts from nothing; what it did since the last look is not known then.
 */
export class ServiceObserver implements AsyncDisposable {
  readonly #session: TestbedSession;
  readonly #stop = new AbortController();
  readonly #before: readonly ProcessFigures[];
  readonly #latest = new Map<string, ProcessFigures>();
  readonly #looking: Promise<void>;

  private constructor(session: TestbedSession, before: readonly ProcessFigures[]) {
    this.#session = session;
    this.#before = before;
    this.#note(before);
    this.#looking = this.#lookOn();
  }

  static async start(session: TestbedSession): Promise<ServiceObserver> {
    return new ServiceObserver(session, await figuresOf(session));
  }

  /** The usage of every service until now. Every replica must be there to tell it. */
  async usage(): Promise<readonly ServiceUsage[]> {
    for (const service of services) await new ServiceDeployment(this.#session, service).waitForRollout();
    this.#note(await figuresOf(this.#session));
    return services.map(service => serviceUsage(service, this.#before, [...this.#latest.values()]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#looking;
  }

  async #lookOn(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await delay(sampleEveryMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      // A replica that is just being started again has nothing to say.
      await figuresOf(this.#session).then(
        figures => this.#note(figures),
        () => {},
      );
    }
  }

  #note(figures: readonly ProcessFigures[]): void {
    for (const one of figures) {
      const key = `${one.pod} ${one.startedAt}`;
      this.#latest.set(key, { ...one, peakBytes: Math.max(one.peakBytes, this.#latest.get(key)?.peakBytes ?? 0) });
    }
  }
}

/** Asks every replica of every service. */
async function figuresOf(session: TestbedSession): Promise<ProcessFigures[]> {
  const figures: ProcessFigures[] = [];
  for (const service of services) {
    const deployment = new ServiceDeployment(session, service);
    for (const pod of await deployment.pods()) {
      const metrics = await deployment.metrics(pod);
      const { name } = pod.metadata;
      figures.push({
        service,
        pod: name,
        startedAt: sumMetric(metrics, 'process_start_time_seconds'),
        kubeRequests: sumMetric(metrics, 'buildkite_operator_kube_requests_total'),
        peakBytes: await peakBytes(session, name),
        cpuSeconds: sumMetric(metrics, 'process_cpu_seconds_total'),
      });
    }
  }
  return figures;
}

/** VmHWM of the pod's first process, as the kernel keeps it. */
async function peakBytes({ kubectl, info }: TestbedSession, pod: string): Promise<number> {
  const status = await kubectl(['exec', '--namespace', info.namespace, pod, '--', 'cat', '/proc/1/status']);
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`the kernel does not say how much memory ${pod} has held`);
  return Number(kibibytes) * 1024;
}
