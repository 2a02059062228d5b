import { ServiceDeployment, type TestbedSession } from '@buildkite-operator/e2e-testbed';
import { sumMetric } from './sum-metric.ts';

const services = ['jobspawner', 'controller', 'webhooks'] as const;
export type Service = (typeof services)[number];

/** What a replica has used so far. */
export interface ReplicaFigures {
  readonly service: Service;
  readonly pod: string;
  /** Calls to the API server, retries included. */
  readonly kubeRequests: number;
  /** The most memory that its process has held at once (resident), in bytes. */
  readonly peakBytes: number;
  readonly cpuSeconds: number;
}

/** Asks every replica of every service. */
export async function serviceFigures(session: TestbedSession): Promise<ReplicaFigures[]> {
  const figures: ReplicaFigures[] = [];
  for (const service of services) {
    const deployment = new ServiceDeployment(session, service);
    for (const pod of await deployment.pods()) {
      const metrics = await deployment.metrics(pod);
      const { name } = pod.metadata;
      figures.push({
        service,
        pod: name,
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
