import { setTimeout as delay } from 'node:timers/promises';
import { ServiceDeployment } from './service-deployment.ts';

/** How many replicas the operator is installed with. */
const usualReplicas = 2;

/** The replicas of a service, one of which leads. */
export class LedDeployment extends ServiceDeployment {
  /** Name of the pod that holds the lease. */
  async leader(): Promise<string | undefined> {
    const holder = await this.kubectl('get', 'lease', this.name, '-o', 'jsonpath={.spec.holderIdentity}');
    return holder === '' ? undefined : holder.split('_')[0];
  }

  /** Waits until a pod that is there leads, and returns its name. */
  async waitForLeader(fits: (name: string) => boolean = () => true, timeoutMs = 180_000): Promise<string> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const [leader, pods] = await Promise.all([this.leader(), this.pods()]);
      if (leader !== undefined && fits(leader) && pods.some(pod => pod.metadata.name === leader)) return leader;
      if (Date.now() > deadline)
        throw new Error(`no ${this.name} leads after ${timeoutMs / 1000} s; the lease is held by ${leader ?? 'nobody'}`);
      await delay(250);
    }
  }

  /** SIGKILL to every replica; none comes back before `start`. */
  async stopDead(): Promise<void> {
    await this.kill(await this.pods());
    await this.kubectl('scale', 'deployment', this.name, '--replicas=0');
    // One that the kubelet has started again meanwhile may be too young to heed SIGTERM.
    await this.kubectl('delete', 'pods', '-l', this.selector, '--grace-period=1', '--ignore-not-found', '--wait=false');
    await this.kubectl('wait', '--for=delete', 'pods', '-l', this.selector, '--timeout=60s');
  }

  /** Brings the usual replicas back and waits until one of them leads. */
  async start(): Promise<void> {
    await this.kubectl('scale', 'deployment', this.name, `--replicas=${usualReplicas}`);
    await this.waitForRollout();
    await this.waitForLeader();
  }
}
