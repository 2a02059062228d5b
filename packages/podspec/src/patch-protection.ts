import { isDeepStrictEqual } from 'node:util';
import { formatPath } from '@buildkite-operator/service';
import { z } from 'zod';
import { asKubernetes, type Container, type PodSpec } from './kubernetes-pod.ts';
import { containerNames, ownContainerNames, ownVolumeNames, volumeNames } from './names.ts';
import type { Report } from './problem.ts';
import { allContainers } from './protection.ts';

const field = 'spec.podPatch';

/** Parts of the operator's own containers that a patch may set. The commands' containers are the job's own: see `fixedForCommand`. */
export const freeParts: ReadonlySet<string> = new Set([
  'imagePullPolicy',
  'resources',
  'securityContext',
  'terminationMessagePath',
  'terminationMessagePolicy',
]);
const freeForCheckout: ReadonlySet<string> = new Set([...freeParts, 'env', 'envFrom', 'volumeMounts']);
const fixedForCommand: ReadonlySet<string> = new Set(['command', 'args', 'workingDir', 'restartPolicy', 'restartPolicyRules']);

/** What the code after a patch relies on; the rest of the pod is for the API server to judge. */
const namedItem = z.looseObject({ name: z.string() });
const containerShape = namedItem.extend({
  env: z.array(namedItem).optional(),
  envFrom: z.array(z.looseObject({})).optional(),
  volumeMounts: z.array(namedItem.extend({ mountPath: z.string() })).optional(),
  volumeDevices: z.array(namedItem).optional(),
});
const podSpecShape = z.looseObject({
  initContainers: z.array(containerShape),
  containers: z.array(containerShape),
  volumes: z.array(namedItem),
});

/** The outcome of a patch as a pod's spec; undefined where it has lost the shape of one, which is reported. */
export function patchedPodSpec(outcome: object, report: Report): PodSpec | undefined {
  const parsed = podSpecShape.safeParse(outcome);
  if (parsed.success) return asKubernetes<PodSpec>(outcome);
  for (const { path } of parsed.error.issues)
    refuse(report, formatPath(path), 'a pod needs it, and the patch takes it away or replaces it');
  return undefined;
}

/** After a patch the own containers do what they did, in their place, and the pod still runs once. */
export function checkPatchLeftProtocol(before: PodSpec, after: PodSpec, report: Report): void {
  if (after.restartPolicy !== 'Never') refuse(report, 'restartPolicy', 'would run the job again; leave it out', after.restartPolicy);
  if (after.ephemeralContainers !== undefined) refuse(report, 'ephemeralContainers', 'a pod cannot be made with them; leave them out');
  checkGracePeriod(before, after, report);
  checkNamesUnique(after, report);
  checkNoNewOwn(before, after, report);
  const outside = !before.containers.some(({ name }) => name === containerNames.agent);
  for (const list of ['initContainers', 'containers'] as const) {
    for (const original of (before[list] ?? []).filter(({ name }) => list === 'containers' || ownContainerNames.has(name))) {
      const patched = after[list]?.find(({ name }) => name === original.name);
      if (patched === undefined) {
        refuse(report, list, 'belongs to the operator and cannot be removed', original.name);
        continue;
      }
      const refusePart: RefusePart = (part, problem) => refuse(report, `${list}[${original.name}].${part}`, problem);
      checkOwnContainer(original, patched, refusePart);
      if (outside) checkEnvironmentKept(original, patched, refusePart);
    }
  }
  for (const name of [volumeNames.agentToken, volumeNames.agentHooks]) {
    const [original, patched] = [before, after].map(({ volumes }) => volumes?.filter(volume => volume.name === name));
    if (!isDeepStrictEqual(original, patched))
      refuse(report, `volumes[${name}]`, 'belongs to the operator and cannot be changed; leave it out');
  }
}

/** The agent reckons with the grace that the pod was made with: with less it would be killed before it has told Buildkite. */
function checkGracePeriod(before: PodSpec, { terminationGracePeriodSeconds: seconds }: PodSpec, report: Report): void {
  const least = before.terminationGracePeriodSeconds ?? 0;
  if (typeof seconds === 'number' && seconds >= least) return;
  const problem = `is less than the ${least} s that the agent reckons with; set spec.terminationGracePeriodSeconds instead`;
  refuse(report, 'terminationGracePeriodSeconds', problem, seconds ?? null);
}

function refuse(report: Report, part: string, problem: string, value?: unknown): void {
  report({ code: 'PatchRefused', field: part === '' ? field : `${field}.${part}`, problem, ...(value !== undefined && { value }) });
}

function checkNamesUnique(spec: PodSpec, report: Report): void {
  const seen = new Set<string>();
  for (const { name } of allContainers(spec)) {
    if (seen.has(name)) refuse(report, `containers[${name}]`, 'the pod has a container of that name already; choose another name');
    seen.add(name);
  }
}

/** Whatever has such a name is taken for the operator's, by everybody who looks at the pod. */
function checkNoNewOwn(before: PodSpec, after: PodSpec, report: Report): void {
  const had = new Set(allContainers(before).map(({ name }) => name));
  for (const list of ['initContainers', 'containers'] as const) {
    for (const { name } of after[list] ?? [])
      if (ownContainerNames.has(name) && !had.has(name))
        refuse(
          report,
          `${list}[${name}]`,
          "has the name of a container of the operator's own, which this pod has not; choose another name",
        );
  }
}

type RefusePart = (part: string, problem: string) => void;

/** Where there is no agent, the job's environment is the last source of variables. */
function checkEnvironmentKept(original: Container, patched: Container, refusePart: RefusePart): void {
  const environment = (original.envFrom ?? []).at(-1);
  if (environment !== undefined && !isDeepStrictEqual(patched.envFrom?.at(-1), environment))
    refusePart('envFrom', "replaces the whole list, and with it the job's environment; use env, or the envFrom of a BuildEnvironment");
}

function checkOwnContainer(original: Container, patched: Container, refusePart: RefusePart): void {
  for (const part of new Set([...Object.keys(original), ...Object.keys(patched)])) {
    if (isFree(original.name, part)) continue;
    const [was, is]: readonly unknown[] = [original, patched].map(container => Reflect.get(container, part));
    if (!isDeepStrictEqual(was, is))
      refusePart(part, 'belongs to the operator and cannot be changed; spec.command, spec.image and spec.env are for what the job runs');
  }
  for (const variable of (original.env ?? []).filter(({ name }) => name.startsWith('BUILDKITE_'))) {
    const now = (patched.env ?? []).filter(({ name }) => name === variable.name);
    if (!isDeepStrictEqual(now, [variable]) && isFree(original.name, 'env'))
      refusePart(`env[${variable.name}]`, 'belongs to the operator and cannot be changed; leave it out');
  }
  for (const mount of (original.volumeMounts ?? []).filter(({ name }) => ownVolumeNames.has(name))) {
    if (patched.volumeMounts?.some(now => isDeepStrictEqual(now, mount)) !== true && isFree(original.name, 'volumeMounts'))
      refusePart(`volumeMounts[${mount.mountPath}]`, 'belongs to the operator and cannot be changed; choose another path');
  }
}

function isFree(container: string, part: string): boolean {
  if (container === containerNames.agent || container === containerNames.setup) return freeParts.has(part);
  return container === containerNames.checkout ? freeForCheckout.has(part) : !fixedForCommand.has(part);
}
