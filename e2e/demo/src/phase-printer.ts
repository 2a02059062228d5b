import { type BuildJob, buildJobResource } from '@buildkite-operator/crds';
import { operatorNamespace } from '@buildkite-operator/e2e-operator';
import { say } from '@buildkite-operator/e2e-setup';
import { createTransport, defineResource, Reflector } from '@buildkite-operator/kube';
import { createLogger } from '@buildkite-operator/service';
import { column } from './print-log.ts';
import type { DemoTarget } from './target.ts';

/** Prints each phase that a BuildJob reaches, with the time since the start. */
export class PhasePrinter {
  readonly #target: DemoTarget;
  readonly #names = new Map<string, string>();

  constructor(target: DemoTarget) {
    this.#target = target;
  }

  /** What a Buildkite job is called from now on. */
  name(jobId: string, name: string): void {
    this.#names.set(jobId, name);
  }

  /** Prints until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const logger = createLogger('demo', 'silent');
    const transport = createTransport({ access: this.#target.access, logger });
    const resource = defineResource<BuildJob>(buildJobResource);
    const reflector = new Reflector<BuildJob>({ transport, resource, namespace: operatorNamespace, logger });
    const started = performance.now();
    const shown = new Map<string, string>();
    reflector.store.onChange(({ object: { metadata, spec, status } }) => {
      const phase = status?.phase;
      if (phase === undefined || shown.get(metadata.uid) === phase) return;
      shown.set(metadata.uid, phase);
      const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5);
      const name = this.#names.get(spec.buildkite.jobId) ?? spec.buildkite.stepKey ?? '';
      const more = status?.reason ?? (phase === 'Initializing' ? `on ${status?.nodeName}` : '');
      say(`  ${seconds} s  ${column(name)}${phase.padEnd(13)}${more}`);
    });
    try {
      await reflector.run(signal);
    } finally {
      await transport.close();
    }
  }
}
