import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type BuildEnvironment, type BuildJob, buildEnvironmentResource, buildJobResource } from '@buildkite-operator/crds';
import { type ApiServer, startApiServer } from '@buildkite-operator/e2e-cluster';
import { repositoryRoot } from '@buildkite-operator/e2e-setup';
import {
  builtin,
  type CustomResourceDefinition,
  createTransport,
  defineResource,
  type KubeObject,
  loadClusterAccess,
  ResourceClient,
  type ResourceDefinition,
  type Transport,
} from '@buildkite-operator/kube';
import { createLogger } from '@buildkite-operator/service';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { mutatingConfigurations, validatingConfigurations, type WebhookConfiguration } from '../resources.ts';
import { Replica } from './replica.ts';
import { serviceAccountKubeconfig } from './service-account.ts';

export const never: AbortSignal = new AbortController().signal;
export const namespace = 'buildkite-operator';
export const secretName = 'buildkite-operator-webhooks-tls';
export const configurationName = 'buildkite-operator-webhooks';

/** A real API server with the operator's CRDs, configuration and webhook configurations, and replicas of the service as processes. */
export class WebhooksBed implements AsyncDisposable {
  readonly server: ApiServer;
  readonly transport: Transport;
  readonly jobs: ResourceClient<BuildJob>;
  readonly environments: ResourceClient<BuildEnvironment>;
  readonly #replicas: Replica[] = [];
  /** Of the service account, with the rights that the manifests give it. */
  #kubeconfig = '';

  private constructor(server: ApiServer, transport: Transport) {
    this.server = server;
    this.transport = transport;
    this.jobs = this.client(defineResource<BuildJob>(buildJobResource));
    this.environments = this.client(defineResource<BuildEnvironment>(buildEnvironmentResource));
  }

  static async start(config: Readonly<Record<string, unknown>> = {}): Promise<WebhooksBed> {
    const server = await startApiServer();
    const access = await loadClusterAccess({ kubeconfig: server.kubeconfigPath });
    const bed = new WebhooksBed(server, createTransport({ access, logger: createLogger('test', 'silent') }));
    await bed.#prepare(config);
    return bed;
  }

  client<T extends KubeObject>(resource: ResourceDefinition<T>): ResourceClient<T> {
    return new ResourceClient(this.transport, resource);
  }

  /** Starts one more replica; stopped with the bed. */
  async replica(settings: Readonly<Record<string, string>> = {}): Promise<Replica> {
    const replica = await Replica.start({
      KUBECONFIG: this.#kubeconfig,
      POD_NAME: `webhooks-${this.#replicas.length}`,
      POD_NAMESPACE: namespace,
      ADDITIONAL_NAMES: '127.0.0.1',
      ...settings,
    });
    this.#replicas.push(replica);
    return replica;
  }

  /** The webhook configurations as they are installed, but with the address of this machine's port instead of a Service. */
  async register(port: number): Promise<void> {
    const text = await readFile(join(repositoryRoot, 'deploy/base/webhooks/webhook-configurations.yaml'), 'utf8');
    for (const document of parseAllDocuments(text)) {
      const { webhooks, ...rest } = document.toJS() as Omit<WebhookConfiguration, 'webhooks'> & {
        webhooks: { name: string; clientConfig: { service: { path: string } } }[];
      };
      const local = webhooks.map(webhook => ({
        ...webhook,
        clientConfig: { url: `https://127.0.0.1:${port}${webhook.clientConfig.service.path}` },
      }));
      const resource = rest.kind === mutatingConfigurations.kind ? mutatingConfigurations : validatingConfigurations;
      await this.client(resource).create({ ...rest, webhooks: local }, {}, never);
    }
  }

  /** Ends the replicas, and removes what they and `register` have made, for the next test. */
  async reset(): Promise<void> {
    await Promise.all(this.#replicas.splice(0).map(replica => replica.kill()));
    for (const resource of [mutatingConfigurations, validatingConfigurations]) {
      await this.client(resource).delete({ name: configurationName }, {}, never);
    }
    await this.client(builtin.secrets).delete({ namespace, name: secretName }, {}, never);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#replicas.map(replica => replica.kill()));
    await this.transport.close();
    await this.server.stop();
  }

  async #prepare(config: Readonly<Record<string, unknown>>): Promise<void> {
    await this.client(builtin.namespaces).create({ metadata: { name: namespace } }, {}, never);
    for (const { plural } of [buildJobResource, buildEnvironmentResource]) {
      const definition: CustomResourceDefinition = parse(await readFile(join(repositoryRoot, `deploy/base/crds/${plural}.yaml`), 'utf8'));
      await this.client(builtin.customResourceDefinitions).create(definition, {}, never);
      await this.#established(`${plural}.buildkite-operator.io`);
    }
    this.#kubeconfig = await serviceAccountKubeconfig(this.server, this.transport, namespace);
    const sections = { pod_defaults: { agentImage: 'registry.example.com/agent:1' }, ...config };
    const data = Object.fromEntries(Object.entries(sections).map(([key, value]) => [key, stringify(value)]));
    await this.client(builtin.configMaps).create({ metadata: { namespace, name: 'buildkite-operator-config' }, data }, {}, never);
  }

  async #established(name: string): Promise<void> {
    await until(`${name} to be served`, async () => {
      const { status } = await this.client(builtin.customResourceDefinitions).get({ name }, {}, never);
      return status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') === true;
    });
  }
}

/** Waits for a condition, for 60 s at most. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited 60 s for ${what}`);
    await delay(50);
  }
}
