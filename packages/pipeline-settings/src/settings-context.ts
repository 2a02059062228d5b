import type { BuildJobSpec, ResourceRequirements } from '@buildkite-operator/crds';
import type { SettingsPlugin } from '@buildkite-operator/podspec';
import type { Interposer } from './kubernetes/interposer.ts';

/** A job as Buildkite hands it out, with what it asks of agents. */
export interface PipelineJob {
  /** The job's UUID. */
  readonly id: string;
  /** The job's environment; `BUILDKITE_PLUGINS` and `BUILDKITE_IMAGE` are in it. */
  readonly env: Readonly<Record<string, string>>;
  /** The step's command, its lines joined; `BUILDKITE_COMMAND` when unset. */
  readonly command?: string | undefined;
  /** The step's `agents:`, as rules like `queue=builders`. */
  readonly agentQueryRules: readonly string[];
  readonly priority?: number | undefined;
}

/** A size that a step may choose by `agents: {resource_class: NAME}`. It wins over a `podSpec`. */
export interface ResourceClass
  extends Pick<Partial<BuildJobSpec>, 'jobNodePreferences' | 'jobNodeRequirements' | 'nodeSelector' | 'tolerations'> {
  /** Of the command's container. */
  readonly resources?: ResourceRequirements | undefined;
  /** Of the pod as a whole. */
  readonly podResources?: ResourceRequirements | undefined;
}

/** What the platform says about all jobs. */
export interface SettingsContext {
  /** Key of the queue that the job was taken from, for jobs without a `queue` tag. */
  readonly queue?: string;
  /** The resource classes by name. */
  readonly resourceClasses?: ReadonlyMap<string, ResourceClass>;
  /** The class of jobs that name none. */
  readonly defaultResourceClass?: string;
  /** `template.spec` of the PodTemplates in the job's namespace, by name. */
  readonly podTemplates?: ReadonlyMap<string, unknown>;
  /** The keys of each plugin block that pipelines may use; every key when unset, none forbids the plugin. */
  readonly allowedKeys?: { readonly [Name in SettingsPlugin]?: readonly string[] };
  /** How `command` and `args` of a `podSpec` become the job's command where the pipeline does not say. Default `buildkite`. */
  readonly interposer?: Interposer;
}
