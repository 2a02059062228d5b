import { podDefaultsOf } from '@buildkite-operator/config';
import { type BuildEnvironment, type BuildJob, InvalidObjectError, isFinal, parseBuildEnvironment } from '@buildkite-operator/crds';
import { neededEnvironments } from '@buildkite-operator/podspec';
import type { AdmissionRequest } from '../server/admission-review.ts';
import type { AdmissionDependencies } from './admission-dependencies.ts';
import { type EnvironmentsByName, problemsOfEnvironment } from './pod-rules.ts';
import { byName } from './validate-build-job.ts';
import { valueAt } from './value-at.ts';
import { allowed, allowedWithWarning, refused, type Verdict } from './verdict.ts';

type Dependencies = Omit<AdmissionDependencies, 'nodes' | 'tryPod'>;

/** How many jobs are named that still need an environment. */
const mostNamed = 10;

/** Judges a BuildEnvironment that is to be created, changed or deleted. */
export async function validateBuildEnvironment(request: AdmissionRequest, deps: Dependencies, signal: AbortSignal): Promise<Verdict> {
  const { operation, object, subResource = '' } = request;
  if (subResource !== '') return allowed;
  if (operation === 'DELETE') return judgeDeletion(request, deps, signal);
  if (!object || (operation !== 'CREATE' && operation !== 'UPDATE')) return allowed;
  let environment: BuildEnvironment;
  try {
    environment = parseBuildEnvironment(object);
  } catch (error) {
    if (!(error instanceof InvalidObjectError)) throw error;
    return refused(...error.faults.map(({ field, message }) => ({ field, problem: message, value: valueAt(object, field) })));
  }
  // Its last finalizers may go whatever else it is.
  return environment.metadata.deletionTimestamp === undefined ? judge(environment, deps, signal) : allowed;
}

async function judge(environment: BuildEnvironment, { environments, config, logger }: Dependencies, signal: AbortSignal): Promise<Verdict> {
  const faults = (others: readonly BuildEnvironment[]) => problemsOfEnvironment(environment, withItself(environment, others), config);
  const cached = environments.cached();
  if (cached !== undefined && faults(cached).length === 0) return allowed;
  // What it lacks may just have been made.
  let fresh: readonly BuildEnvironment[];
  try {
    fresh = await environments.live(signal);
  } catch (error) {
    logger.warn({ error }, 'cannot read BuildEnvironments: one is taken unchecked');
    return allowedWithWarning('the other BuildEnvironments could not be read, so whether this one fits them shows later');
  }
  return refused(...faults(fresh));
}

async function judgeDeletion(request: AdmissionRequest, deps: Dependencies, signal: AbortSignal): Promise<Verdict> {
  const { jobs, environments, isNamespaceEnding, config, logger } = deps;
  const { namespace = '' } = request;
  const name = request.name ?? '';
  try {
    if (await isNamespaceEnding(namespace, signal)) return allowed;
    const [all, known] = await Promise.all([jobs.live(signal), environments.live(signal)]);
    const waiting = all.filter(job => isWaiting(job) && neededEnvironments(job, byName(known), podDefaultsOf(config)).includes(name));
    return waiting.length === 0 ? allowed : stillNeeded(name, waiting);
  } catch (error) {
    logger.warn({ error }, 'cannot read the waiting jobs: a BuildEnvironment is deleted unchecked');
    return allowedWithWarning(
      'the waiting BuildJobs could not be read; those that need this environment will fail with reason EnvironmentNotFound',
    );
  }
}

/** A job whose pod exists has taken over all that it needs. */
function isWaiting({ metadata, status, spec }: BuildJob): boolean {
  if (metadata.deletionTimestamp !== undefined || spec.cancelled) return false;
  return status?.podUid === undefined && (status?.phase === undefined || !isFinal(status.phase));
}

function stillNeeded(name: string, waiting: readonly BuildJob[]): Verdict {
  const names = waiting.map(({ metadata }) => metadata.name).toSorted();
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  const problem = `${names.length} waiting BuildJob${names.length === 1 ? ' needs' : 's need'} BuildEnvironment "${name}" (${names.slice(0, mostNamed).join(', ')}${more}); wait until their pods exist, or cancel them`;
  return { faults: [{ field: 'metadata.name', problem }], warnings: [], reason: 'Conflict' };
}

function withItself(environment: BuildEnvironment, others: readonly BuildEnvironment[]): EnvironmentsByName {
  return new Map([...byName(others), [environment.metadata.name, environment]]);
}
