/** A plugin with its source written out in full, as `BUILDKITE_PLUGINS` carries it. */
export interface PluginEntry {
  readonly source: string;
  readonly config: unknown;
}

/** One entry of `depends_on`. */
export interface Dependency {
  readonly step: string;
  readonly allowFailure: boolean;
}

/** A value of an automatic retry rule that matches anything. */
export const anyValue = '*';

/** One rule of `retry.automatic`. */
export interface AutomaticRetryRule {
  readonly exitStatus: typeof anyValue | readonly number[];
  readonly signal: string;
  readonly signalReason: string;
  readonly limit: number;
}

/** The `retry` of a command step. */
export interface RetryPolicy {
  readonly automatic: readonly AutomaticRetryRule[];
  readonly manual: { readonly allowed: boolean; readonly permitOnPassed: boolean; readonly reason?: string | undefined };
}

/** Exit statuses that do not fail the build. */
export type SoftFail = boolean | readonly (typeof anyValue | number)[];

/** One combination of a matrix; a plain list of values has the dimension name ''. */
export type MatrixPermutation = Readonly<Record<string, string>>;

interface StepBase {
  readonly key?: string | undefined;
  readonly label?: string | undefined;
  readonly condition?: string | undefined;
  readonly branches?: string | undefined;
  /** Undefined: the step depends on the wait or block step before it. Empty: on nothing. */
  readonly dependsOn?: readonly Dependency[] | undefined;
  readonly allowDependencyFailure: boolean;
  /** The step as it was written. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** One job of a command step: matrix and parallelism are resolved. */
export interface CommandVariant {
  readonly permutation?: MatrixPermutation | undefined;
  readonly parallel?: { readonly index: number; readonly count: number } | undefined;
  readonly command: string;
  readonly label?: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly agents: readonly string[];
  readonly plugins: readonly PluginEntry[];
  readonly skip: boolean;
  readonly softFail: SoftFail;
}

export interface CommandStepDefinition extends StepBase {
  readonly type: 'command';
  readonly variants: readonly CommandVariant[];
  readonly priority: number;
  readonly retry: RetryPolicy;
  readonly timeoutInMinutes?: number | undefined;
  readonly artifactPaths?: string | undefined;
  readonly image?: string | undefined;
  readonly cancelOnBuildFailing: boolean;
  readonly concurrency?: { readonly limit: number; readonly group: string; readonly method: 'ordered' | 'eager' } | undefined;
}

export interface WaitStepDefinition extends StepBase {
  readonly type: 'wait';
  readonly continueOnFailure: boolean;
}

/** A step that a person has to unblock. An input step, unlike a block step, holds up no step after it. */
export interface BlockStepDefinition extends StepBase {
  readonly type: 'block' | 'input';
  readonly blockedState: 'passed' | 'failed' | 'running';
  readonly fields: readonly { readonly key: string; readonly required: boolean; readonly default?: string | undefined }[];
}

export interface GroupStepDefinition extends StepBase {
  readonly type: 'group';
  readonly steps: readonly LeafStepDefinition[];
}

export type LeafStepDefinition = CommandStepDefinition | WaitStepDefinition | BlockStepDefinition;
export type StepDefinition = LeafStepDefinition | GroupStepDefinition;

/** A pipeline, checked and with everything resolved that does not need a build. */
export interface PipelineDefinition {
  readonly env: Readonly<Record<string, string>>;
  readonly steps: readonly StepDefinition[];
}
