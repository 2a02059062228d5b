import { ServiceDeployment, type TestbedSession } from '@buildkite-operator/e2e-testbed';
import type { Live, Pod } from '@buildkite-operator/kube';

/** Port at which the webhooks serve admissions. */
const httpsPort = 8443;

/** The replicas of the webhooks, as tests look at them. */
export class WebhookPods extends ServiceDeployment {
  constructor(session: TestbedSession) {
    super(session, 'webhooks');
  }

  /** Where a replica serves webhooks, as this machine reaches it. */
  address(pod: Live<Pod>): { readonly host: string; readonly port: number } {
    return { host: pod.status?.podIP ?? '', port: httpsPort };
  }
}
