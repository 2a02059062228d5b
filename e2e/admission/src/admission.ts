import type { BuildEnvironment, BuildJob } from '@buildkite-operator/crds';
import type { TestbedSession } from '@buildkite-operator/e2e-testbed';
import type { Live } from '@buildkite-operator/kube';
import type { CorpusObject } from './corpus/corpus-object.ts';

/** The way of objects to the API server and its webhooks, as an author has it. */
export class Admission {
  readonly session: TestbedSession;

  constructor(session: TestbedSession) {
    this.session = session;
  }

  /** Sends an object as it is, whatever is wrong with it. */
  create(object: CorpusObject, dryRun = false): Promise<Live<BuildJob> | Live<BuildEnvironment>> {
    const { jobs, environments, signal } = this.session;
    const sent = this.#placed(object);
    // What the types forbid is what is tried here.
    return object.kind === 'BuildJob'
      ? jobs.create(sent as BuildJob, { dryRun }, signal)
      : environments.create(sent as BuildEnvironment, { dryRun }, signal);
  }

  /** Deletes an object; nothing happens where it is not there. */
  async remove({ kind, metadata }: CorpusObject): Promise<void> {
    const { jobs, environments, signal } = this.session;
    const at = { name: metadata.name, namespace: this.session.info.namespace };
    await (kind === 'BuildJob' ? jobs.delete(at, {}, signal) : environments.delete(at, {}, signal));
  }

  #placed(object: CorpusObject): object {
    return { ...object, metadata: { ...object.metadata, namespace: this.session.info.namespace } };
  }
}
