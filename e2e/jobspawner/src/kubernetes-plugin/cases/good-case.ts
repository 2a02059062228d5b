import type { BuildJobSpec } from '@buildkite-operator/crds';
import type { JobView } from '@buildkite-operator/e2e-simulator';
import type { CurrentTestbed, outcome } from '@buildkite-operator/e2e-testbed/vitest';
import type { Pod } from '@buildkite-operator/kube';

/** What the cases need to know of where they run. */
export interface World {
  readonly images: { readonly dash: string; readonly busybox: string };
  /** Name of a node. */
  readonly node: string;
  /** Of the nodes, as Kubernetes calls it. */
  readonly architecture: string;
  /** A repository with a submodule and hooks that tell what they see, with and without a password. */
  readonly repository: { readonly url: string; readonly privateUrl: string; readonly commit: string };
}

/** A command step as a pipeline writes it, but for its queue. */
export interface Step {
  readonly command: string;
  readonly image?: string;
  readonly plugins?: readonly Readonly<Record<string, unknown>>[];
  readonly agents?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly artifact_paths?: string;
  /** URL of what is checked out. None where the step skips the checkout. */
  readonly repository?: string;
}

/** A step that shows what some keys do. */
export interface GoodCase {
  /** Goes on from "given". */
  readonly given: string;
  /** The keys whose effect is seen, as the tables of keys write them. */
  readonly shows: readonly string[];
  readonly step: (world: World) => Step;
  /** Looks at the pod: the one that is made of the BuildJob, and the one that ran. */
  readonly pod?: (pod: Pod, world: World) => void;
  /** What the spec of its BuildJob has, where the pod does not show it. */
  readonly buildJob?: Partial<BuildJobSpec>;
  /** What the job's log must hold. The agent echoes commands: these must not hold it themselves. */
  readonly log?: readonly string[];
  /** What it must not hold. */
  readonly never?: readonly string[];
  /** How the job ends; well where it is left out. */
  readonly ends?: Partial<ReturnType<typeof outcome>>;
  /** What the job's page says about keys without effect, in parts. */
  readonly notices?: readonly string[];
  /** What the job's page says about its end, in parts, where it is not the log that tells. */
  readonly says?: readonly string[];
  /** Looks at the pod after its end. */
  readonly ended?: (pod: Pod) => void;
  /** What somebody does with the job while it is there. */
  readonly meanwhile?: (testbed: CurrentTestbed, job: JobView, world: World) => Promise<void>;
}

/** A step that fails before anything of it runs. */
export interface RefusedCase {
  /** Goes on from "given". */
  readonly given: string;
  readonly step: Omit<Step, 'command'>;
  /** What the job's page says: the key where it stands, the value, and what to do. */
  readonly says: readonly string[];
}

/** A step that is refused for one key. */
export interface BadCase extends Omit<RefusedCase, 'given'> {
  /** The key that is wrong, as the tables of keys write it. */
  readonly key: string;
}
