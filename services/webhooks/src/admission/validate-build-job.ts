import { isDeepStrictEqual } from 'node:util';
import { type BuildEnvironment, type BuildJob, InvalidObjectError, parseBuildJob } from '@buildkite-operator/crds';
import type { AdmissionRequest } from '../server/admission-review.ts';
import type { AdmissionDependencies } from './admission-dependencies.ts';
import { changedFields } from './changed-fields.ts';
import { dryRunVerdict } from './dry-run.ts';
import { nodeFaults } from './node-fit.ts';
import { type EnvironmentsByName, type Rendered, renderJob } from './pod-rules.ts';
import { valueAt } from './value-at.ts';
import { allowed, refused, type Verdict } from './verdict.ts';

type Dependencies = Omit<AdmissionDependencies, 'jobs' | 'isNamespaceEnding'>;
type RawObject = Readonly<Record<string, unknown>>;

/** Judges a BuildJob that is to be created or changed. What only ends it is never refused. */
export async function validateBuildJob(request: AdmissionRequest, deps: Dependencies, signal: AbortSignal): Promise<Verdict> {
  const { operation, object, oldObject, subResource = '' } = request;
  if (subResource !== '' || !object || (operation !== 'CREATE' && operation !== 'UPDATE')) return allowed;
  if (operation === 'UPDATE' && oldObject) {
    const [before, after] = [part(oldObject, 'spec'), part(object, 'spec')];
    if (part(object, 'metadata')['deletionTimestamp'] !== undefined || sameBut('cancelled', before, after)) return allowed;
    if (part(oldObject, 'status')['podAttempts'] !== undefined) return refused(...changedFields(before, after));
  }
  let job: BuildJob;
  try {
    job = parseBuildJob(object);
  } catch (error) {
    if (!(error instanceof InvalidObjectError)) throw error;
    return refused(...error.faults.map(({ field, message }) => ({ field, problem: message, value: valueAt(object, field) })));
  }
  return judge(job, deps, signal);
}

async function judge(job: BuildJob, deps: Dependencies, signal: AbortSignal): Promise<Verdict> {
  const { config, tryPod, logger } = deps;
  const { rendered, warnings } = await renderWithFreshEnvironments(job, deps, signal);
  const { pod, faults } = rendered;
  const nodes = config.admission.nodesAutoscale ? undefined : deps.nodes();
  const misfits = pod === undefined || nodes === undefined ? [] : nodeFaults(job.spec, pod, nodes);
  const tried =
    pod === undefined || !config.admission.dryRun
      ? allowed
      : await dryRunVerdict(job.spec, pod, { fullQuota: config.admission.fullQuota, tryPod, logger }, signal);
  return { faults: [...faults, ...misfits, ...tried.faults], warnings: [...warnings, ...tried.warnings] };
}

/** An environment that the cache does not have may just have been made: the API server is asked before a job is refused for it. */
async function renderWithFreshEnvironments(
  job: BuildJob,
  { environments, config, logger }: Dependencies,
  signal: AbortSignal,
): Promise<{ rendered: Rendered; warnings: readonly string[] }> {
  const cached = environments.cached();
  const first = renderJob(job, byName(cached ?? []), config);
  if (cached !== undefined && !first.missesEnvironment) return { rendered: first, warnings: [] };
  let fresh: readonly BuildEnvironment[];
  try {
    fresh = await environments.live(signal);
  } catch (error) {
    logger.warn({ error }, 'cannot read BuildEnvironments: a job is taken unchecked');
    const warnings = ['the BuildEnvironments could not be read, so whether the job fits them shows later'];
    return { rendered: { faults: [], missesEnvironment: false }, warnings };
  }
  return { rendered: renderJob(job, byName(fresh), config), warnings: [] };
}

export function byName(environments: readonly BuildEnvironment[]): EnvironmentsByName {
  return new Map(environments.map(environment => [environment.metadata.name, environment]));
}

function sameBut(name: string, before: RawObject, after: RawObject): boolean {
  const { [name]: _before, ...one } = before;
  const { [name]: _after, ...other } = after;
  return isDeepStrictEqual(one, other);
}

function part(object: RawObject, name: string): RawObject {
  const value = object[name];
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
