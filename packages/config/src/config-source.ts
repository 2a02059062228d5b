import { isDeepStrictEqual } from 'node:util';
import {
  builtin,
  type Change,
  type ConfigMap,
  type EventRecorder,
  type KubeMetrics,
  type Live,
  Reflector,
  type Transport,
} from '@buildkite-operator/kube';
import { isAbort, type Logger, type Registry } from '@buildkite-operator/service';
import { ConfigError } from './config-error.ts';
import { ConfigMetrics } from './config-metrics.ts';
import type { OperatorConfig } from './operator-config.ts';
import { parseConfig } from './parse-config.ts';

export interface ConfigSourceOptions {
  readonly transport: Transport;
  /** Namespace of the operator: the ConfigMap is there. */
  readonly namespace: string;
  /** Name of the ConfigMap. */
  readonly name: string;
  /** Reports on the ConfigMap what became of it. */
  readonly events: EventRecorder;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly metrics?: KubeMetrics;
}

/** Gets the configuration that has come into force. */
export type ConfigListener = (config: OperatorConfig) => void;

/**
 * The configuration as the ConfigMap has it, followed live. The last good one stays in force while the ConfigMap is invalid or
 * missing; what is wrong then stands in the log, in an Event on the ConfigMap and in `problem`.
 */
export class ConfigSource {
  readonly #options: ConfigSourceOptions;
  readonly #logger: Logger;
  readonly #metrics: ConfigMetrics;
  readonly #reflector: Reflector<ConfigMap>;
  readonly #listeners = new Set<ConfigListener>();
  #current: OperatorConfig | undefined;
  /** The content that was judged last. */
  #judged: unknown;
  #problem: string | undefined;

  constructor(options: ConfigSourceOptions) {
    const { transport, namespace, name, logger, registry, metrics } = options;
    this.#options = options;
    this.#logger = logger.child({ component: 'config' });
    this.#metrics = new ConfigMetrics(registry);
    this.#reflector = new Reflector<ConfigMap>({
      transport,
      namespace,
      resource: builtin.configMaps,
      fieldSelector: { 'metadata.name': name },
      name: 'config',
      logger,
      ...(metrics !== undefined && { metrics }),
    });
    this.#problem = `ConfigMap ${namespace}/${name} has not been read yet`;
  }

  /** The configuration in force; undefined until the first good one is there. */
  current(): OperatorConfig | undefined {
    return this.#current;
  }

  /** The ConfigMap as it is now, to tell people something by an Event on it; undefined where there is none. */
  get object(): Live<ConfigMap> | undefined {
    return [...this.#reflector.store.values()][0];
  }

  /** Why the ConfigMap as it is now is not in force, for a person; undefined when it is. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** For a readiness check: the problem, for as long as there is no configuration at all. */
  missing(): string | undefined {
    return this.#current === undefined ? this.#problem : undefined;
  }

  /** Calls the listener with each configuration that comes into force from now on. Returns the way to stop. */
  subscribe(listener: ConfigListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Waits for the first good configuration. Throws the signal's reason when it is aborted first. */
  async first(signal: AbortSignal): Promise<OperatorConfig> {
    signal.throwIfAborted();
    if (this.#current !== undefined) return this.#current;
    const { promise, resolve, reject } = Promise.withResolvers<OperatorConfig>();
    const stop = this.subscribe(resolve);
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await promise;
    } finally {
      stop();
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Follows the ConfigMap until the signal is aborted. Never throws for what the API server or the ConfigMap does. */
  async run(signal: AbortSignal): Promise<void> {
    const { store } = this.#reflector;
    const stop = store.onChange(change => this.#changed(change));
    try {
      await Promise.all([this.#reflector.run(signal), this.#reportAbsence(signal)]);
    } finally {
      stop();
    }
  }

  async #reportAbsence(signal: AbortSignal): Promise<void> {
    const { store } = this.#reflector;
    try {
      await store.waitForSync(signal);
    } catch (error) {
      if (!isAbort(error)) throw error;
      return;
    }
    if (store.size === 0) this.#absent();
  }

  #changed({ type, object }: Change<ConfigMap>): void {
    if (type === 'deleted') this.#absent(object);
    else this.#judge(object);
  }

  #judge(map: Live<ConfigMap>): void {
    const content = { data: map.data ?? {}, binaryData: map.binaryData ?? {} };
    if (isDeepStrictEqual(content, this.#judged)) return;
    this.#judged = content;
    try {
      refuseBinary(content.binaryData);
      this.#apply(parseConfig(content.data, { operatorNamespace: this.#options.namespace }), map);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const { namespace, name } = this.#options;
      this.#refuse(`ConfigMap ${namespace}/${name}: ${error.message}\n${this.#inForce}`);
      this.#options.events.record(builtin.configMaps, map, {
        type: 'Warning',
        reason: 'InvalidConfig',
        note: `${this.#inForce}; ${error.message}`,
        action: 'ApplyConfig',
      });
    }
  }

  #apply(config: OperatorConfig, map: Live<ConfigMap>): void {
    const changed = !isDeepStrictEqual(config, this.#current);
    this.#current = config;
    this.#problem = undefined;
    this.#metrics.valid.set(1);
    this.#metrics.applied.inc();
    this.#logger.info({ resourceVersion: map.metadata.resourceVersion, changed }, 'configuration applied');
    this.#options.events.record(builtin.configMaps, map, {
      type: 'Normal',
      reason: 'ConfigApplied',
      note: 'the configuration is valid and in force',
      action: 'ApplyConfig',
    });
    if (!changed) return;
    for (const listener of this.#listeners) {
      try {
        listener(config);
      } catch (error) {
        this.#logger.error({ error }, 'a listener to the configuration threw');
      }
    }
  }

  #absent(last?: Live<ConfigMap>): void {
    const { namespace, name, events } = this.#options;
    this.#judged = undefined;
    this.#refuse(`there is no ConfigMap ${namespace}/${name}: apply the operator's manifests again; ${this.#inForce}`);
    if (last === undefined) return;
    const note = `the ConfigMap was deleted: apply the operator's manifests again; ${this.#inForce}`;
    events.record(builtin.configMaps, last, { type: 'Warning', reason: 'ConfigMissing', note, action: 'ApplyConfig' });
  }

  #refuse(problem: string): void {
    this.#problem = problem;
    this.#metrics.valid.set(0);
    this.#logger.warn({ problem }, 'the configuration is not usable');
  }

  get #inForce(): string {
    return this.#current === undefined ? 'no configuration is in force' : 'the last good configuration stays in force';
  }
}

/** What is not text cannot be read. */
function refuseBinary(binaryData: Readonly<Record<string, string>>): void {
  const keys = Object.keys(binaryData);
  if (keys.length === 0) return;
  throw new ConfigError(keys.map(key => ({ key, path: key, problem: 'is binary: give it as UTF-8 text in data' })));
}
