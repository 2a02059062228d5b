import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type BuildEnvironment, type BuildJob, buildEnvironmentResource, buildJobResource } from '@buildkite-operator/crds';
import { type ApiServer, startApiServer } from '@buildkite-operator/e2e-cluster';
import {
  builtin,
  type CustomResourceDefinition,
  createTransport,
  defineResource,
  type KubeObject,
  loadClusterAccess,
  ResourceClient,
  type Transport,
} from '@buildkite-operator/kube';
import { createLogger, sleep } from '@buildkite-operator/service';
import { parse } from 'yaml';
import { namedObjects } from './shared-parts.ts';

const crdFolder = resolve(import.meta.dirname, '../../../../deploy/base/crds');
const installMs = 30_000;

const cluster = { version: 'v1', namespaced: false } as const;
const priorityClasses = defineResource<KubeObject & { value: number }>({
  ...cluster,
  group: 'scheduling.k8s.io',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
});
const runtimeClasses = defineResource<KubeObject & { handler: string }>({
  ...cluster,
  group: 'node.k8s.io',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
});

/** A real API server with the operator's CRDs, and with what random jobs name. */
export class JobTestServer implements AsyncDisposable {
  readonly pods;
  readonly jobs;
  readonly environments;
  /** For whoever watches. */
  readonly transport: Transport;
  readonly #server: ApiServer;

  private constructor(server: ApiServer, transport: Transport) {
    this.#server = server;
    this.transport = transport;
    this.pods = new ResourceClient(transport, builtin.pods);
    this.jobs = new ResourceClient<BuildJob>(transport, defineResource<BuildJob>(buildJobResource));
    this.environments = new ResourceClient<BuildEnvironment>(transport, defineResource<BuildEnvironment>(buildEnvironmentResource));
  }

  static async start(): Promise<JobTestServer> {
    const server = await startApiServer();
    const access = await loadClusterAccess({ kubeconfig: server.kubeconfigPath });
    const transport = createTransport({ access, logger: createLogger('podspec-test', 'silent') });
    const started = new JobTestServer(server, transport);
    await started.#prepare(AbortSignal.timeout(installMs));
    return started;
  }

  get kubeconfigPath(): string {
    return this.#server.kubeconfigPath;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.transport.close();
    await this.#server.stop();
  }

  async #prepare(signal: AbortSignal): Promise<void> {
    const create = <T extends KubeObject>(resource: ConstructorParameters<typeof ResourceClient<T>>[1], object: T) =>
      new ResourceClient<T>(this.transport, resource).create(object, {}, signal);
    await create(builtin.namespaces, { metadata: { name: namedObjects.namespace } });
    for (const name of namedObjects.priorityClasses) await create(priorityClasses, { metadata: { name }, value: 1000 });
    for (const name of namedObjects.runtimeClasses) await create(runtimeClasses, { metadata: { name }, handler: name });
    for (const plural of [buildJobResource.plural, buildEnvironmentResource.plural]) {
      const definition: CustomResourceDefinition = parse(await readFile(resolve(crdFolder, `${plural}.yaml`), 'utf8'));
      const { metadata } = await create(builtin.customResourceDefinitions, definition);
      await this.#established(metadata.name, signal);
    }
  }

  async #established(name: string, signal: AbortSignal): Promise<void> {
    const definitions = new ResourceClient(this.transport, builtin.customResourceDefinitions);
    for (;;) {
      const { status } = await definitions.get({ name }, {}, signal);
      if (status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') === true) return;
      await sleep(50, signal);
    }
  }
}
