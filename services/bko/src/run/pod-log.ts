import type { BuildJob } from '@buildkite-operator/crds';
import { builtin, type Live, type Pod, ResourceClient, type Transport } from '@buildkite-operator/kube';
import { containerNames } from '@buildkite-operator/podspec';
import { errorMessage } from '@buildkite-operator/service';
import { writeContainerLog } from './container-log.ts';

export interface PodLogOptions {
  readonly transport: Transport;
  readonly namespace: string;
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** For people: what cannot be had. */
  readonly tell: (line: string) => void;
  readonly over: AbortSignal;
  readonly late: AbortSignal;
}

/** Writes the logs of a job's pods as they appear: of each, the checkout's and then those of the containers that run commands. */
export class PodLog {
  readonly #options: PodLogOptions;
  readonly #pods: ResourceClient<Pod>;
  readonly #seen = new Set<string>();
  #written: Promise<void> = Promise.resolve();

  constructor(options: PodLogOptions) {
    this.#options = options;
    this.#pods = new ResourceClient(options.transport, builtin.pods);
  }

  /** Takes up the pod of this state of the job, if it is a new one. */
  see({ spec, status }: Live<BuildJob>, signal: AbortSignal): void {
    const { podName, podUid } = status ?? {};
    if (podName === undefined || podUid === undefined || this.#seen.has(podUid)) return;
    this.#seen.add(podUid);
    const commands = [containerNames.command, ...(spec.commandContainers ?? []).map(({ name }) => name)];
    const containers = spec.checkout?.skip === true ? commands : [containerNames.checkout, ...commands];
    this.#written = this.#follow(this.#written, containers, { pod: podName, podUid }, signal);
  }

  /** One after another: the next pod of the job is made when this one is gone. */
  async #follow(
    before: Promise<void>,
    containers: readonly string[],
    pod: { readonly pod: string; readonly podUid: string },
    signal: AbortSignal,
  ): Promise<void> {
    await before;
    for (const container of containers) await this.#write({ ...pod, container }, signal);
  }

  /** Fulfilled when all that there is has been written. */
  async end(): Promise<void> {
    await this.#written;
  }

  async #write(source: { readonly pod: string; readonly podUid: string; readonly container: string }, signal: AbortSignal): Promise<void> {
    try {
      await writeContainerLog({ ...this.#options, pods: this.#pods, ...source }, signal);
    } catch (error) {
      if (!signal.aborted) this.#options.tell(`the log of container ${source.container} cannot be read: ${errorMessage(error)}`);
    }
  }
}
