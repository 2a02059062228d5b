import type { Dependency } from '../pipeline/definition.ts';
import type { Build, Step } from './records.ts';
import { combineOutcomes, type Outcome, ownOutcome } from './step-outcome.ts';

/** Whether a step may run, as its dependencies stand. */
export type Readiness = 'ready' | 'pending' | 'failed';

/**
 * Works out for each step of a build whether it may run.
 *
 * A step with `depends_on` waits for just those steps (a group stands for its children, and a step that uploaded a pipeline
 * for the steps of that upload too). Any other step waits for the wait or block step before it in the same scope, and a
 * wait or block step for everything before it. A group's children begin when the group may. An input step holds up nothing.
 */
export function readinessOfSteps(build: Build): Map<Step, Readiness> {
  const graph = new StepGraph(build);
  const readiness = new Map<Step, Readiness>();
  const top = new Scope();
  const groups = new Map<Step, Scope>();
  for (const step of build.steps) {
    const scope = (step.group === undefined ? top : groups.get(step.group)) ?? top;
    const own = readinessOf(step, scope, graph);
    const inGroup = step.group === undefined ? 'ready' : (readiness.get(step.group) ?? 'ready');
    readiness.set(step, worse(own, inGroup));
    if (step.definition.type === 'group') groups.set(step, new Scope());
    scope.pass(step, graph.positionalOutcome(step));
  }
  return readiness;
}

/** What went before in the pipeline or the group, as far as a step's implicit dependencies go. */
class Scope {
  barrier: Outcome = 'passed';
  before: Outcome[] = [];

  pass(step: Step, outcome: Outcome): void {
    if (isBarrier(step)) {
      this.barrier = outcome;
      this.before = [];
    } else {
      this.before.push(outcome);
    }
  }
}

function isBarrier(step: Step): boolean {
  return step.included && (step.definition.type === 'wait' || step.definition.type === 'block');
}

function readinessOf(step: Step, scope: Scope, graph: StepGraph): Readiness {
  const { definition } = step;
  const tolerant = definition.allowDependencyFailure || (definition.type === 'wait' && definition.continueOnFailure);
  if (definition.dependsOn !== undefined) {
    return definition.dependsOn.map(dependency => explicitReadiness(step, dependency, tolerant, graph)).reduce(worse, 'ready');
  }
  const outcome = isBarrier(step) ? combineOutcomes([scope.barrier, ...scope.before]) : scope.barrier;
  return toReadiness(outcome, tolerant && isBarrier(step));
}

function explicitReadiness(dependent: Step, { step: name, allowFailure }: Dependency, tolerant: boolean, graph: StepGraph): Readiness {
  const step = graph.find(name);
  if (step === undefined) return 'failed';
  // A step that depends on its own uploader cannot wait for itself.
  const outcome = graph.isUploadOf(dependent, step) ? ownOutcome(step) : graph.fullOutcome(step);
  return toReadiness(outcome, tolerant || allowFailure);
}

function toReadiness(outcome: Outcome, tolerant: boolean): Readiness {
  if (outcome === 'pending') return 'pending';
  return outcome === 'passed' || tolerant ? 'ready' : 'failed';
}

const badness = { ready: 0, pending: 1, failed: 2 } as const;

function worse(left: Readiness, right: Readiness): Readiness {
  return badness[left] >= badness[right] ? left : right;
}

/** Which step belongs to which, and how each stands. */
class StepGraph {
  readonly #byName = new Map<string, Step>();
  readonly #uploader = new Map<Step, Step>();
  readonly #positional = new Map<Step, Outcome>();
  readonly #full = new Map<Step, Outcome>();

  constructor({ steps }: Build) {
    const stepOfJob = new Map(steps.flatMap(step => step.jobs.map(job => [job.id, step] as const)));
    const children = new Map<Step, Step[]>();
    const uploads = new Map<Step, Step[]>();
    for (const step of steps) {
      this.#byName.set(step.id, step);
      if (step.definition.key !== undefined) this.#byName.set(step.definition.key, step);
      if (step.group !== undefined) append(children, step.group, step);
      const uploader = step.uploadedBy === undefined ? undefined : stepOfJob.get(step.uploadedBy);
      if (uploader === undefined) continue;
      this.#uploader.set(step, uploader);
      append(uploads, uploader, step);
    }
    // From the end, because children and uploads stand after the step that they belong to.
    for (const step of steps.toReversed()) {
      const parts = [ownOutcome(step)];
      const below = children.get(step) ?? [];
      this.#positional.set(step, combineOutcomes([...parts, ...below.map(child => this.positionalOutcome(child))]));
      const all = [...below, ...(uploads.get(step) ?? [])];
      this.#full.set(step, combineOutcomes([...parts, ...all.map(part => this.fullOutcome(part))]));
    }
  }

  find(name: string): Step | undefined {
    return this.#byName.get(name);
  }

  /** The step with its group's children: what counts for a wait step after it. */
  positionalOutcome(step: Step): Outcome {
    return this.#positional.get(step) ?? 'pending';
  }

  /** The step with all that it brought about: what counts for `depends_on`. */
  fullOutcome(step: Step): Outcome {
    return this.#full.get(step) ?? 'pending';
  }

  isUploadOf(step: Step, uploader: Step): boolean {
    for (let at: Step | undefined = step; at !== undefined; at = this.#uploader.get(at))
      if (this.#uploader.get(at) === uploader) return true;
    return false;
  }
}

function append(map: Map<Step, Step[]>, key: Step, value: Step): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
