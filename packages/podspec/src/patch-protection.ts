import { isDeepStrictEqual } from 'node:util';
import { formatPath } from '@buildkite-operator/service';
import { z } from 'zod';
import { asKubernetes, type Container, type PodSpec } from './kubernetes-pod.ts';
import { containerNames, ownContainerNames, ownVolumeNames, volumeNames } from './names.ts';
import { allContainers } from './protection.ts';
import { RenderError } from './render-error.ts';

const field = 'spec.podPatch';

/** Parts of the operator's own containers that a patch may set. The command's container is the job's own: see `fixedForCommand`. */
const freeParts: ReadonlySet<string> = new Set([
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

/** The outcome of a patch as a pod's spec. Throws RenderError `PatchRefused` where it has lost the shape of one. */
export function patchedPodSpec(outcome: object): PodSpec {
  const parsed = podSpecShape.safeParse(outcome);
  if (parsed.success) return asKubernetes<PodSpec>(outcome);
  const [issue] = parsed.error.issues;
  throw new RenderError(
    'PatchRefused',
    `${field}.${formatPath(issue?.path ?? [])}`,
    `${issue?.message ?? 'is wrong'}; a pod needs it, and the patch takes it away or replaces it`,
  );
}

/** After a patch the own containers do what they did, in their place, and the pod still runs once. */
export function checkPatchLeftProtocol(before: PodSpec, after: PodSpec): void {
  if (after.restartPolicy !== 'Never')
    throw new RenderError('PatchRefused', `${field}.restartPolicy`, `"${after.restartPolicy}" would run the job again; leave it out`);
  if (after.ephemeralContainers !== undefined)
    throw new RenderError('PatchRefused', `${field}.ephemeralContainers`, 'a pod cannot be made with them; leave them out');
  checkNamesUnique(after);
  for (const list of ['initContainers', 'containers'] as const) {
    for (const original of (before[list] ?? []).filter(({ name }) => ownContainerNames.has(name))) {
      const patched = after[list]?.find(({ name }) => name === original.name);
      if (patched === undefined)
        throw new RenderError(
          'PatchRefused',
          `${field}.${list}`,
          `container "${original.name}" belongs to the operator and cannot be removed`,
        );
      checkOwnContainer(original, patched, `${field}.${list}[${original.name}]`);
    }
  }
  for (const name of [volumeNames.agentToken, volumeNames.agentHooks]) {
    const [original, patched] = [before, after].map(({ volumes }) => volumes?.filter(volume => volume.name === name));
    if (!isDeepStrictEqual(original, patched))
      throw new RenderError('PatchRefused', `${field}.volumes[${name}]`, 'belongs to the operator and cannot be changed; leave it out');
  }
}

function checkNamesUnique(spec: PodSpec): void {
  const seen = new Set<string>();
  for (const { name } of allContainers(spec)) {
    if (seen.has(name))
      throw new RenderError(
        'PatchRefused',
        `${field}.containers[${name}]`,
        'the pod has a container of that name already; choose another name',
      );
    seen.add(name);
  }
}

function checkOwnContainer(original: Container, patched: Container, at: string): void {
  for (const part of new Set([...Object.keys(original), ...Object.keys(patched)])) {
    if (isFree(original.name, part)) continue;
    const [was, is]: readonly unknown[] = [original, patched].map(container => Reflect.get(container, part));
    if (!isDeepStrictEqual(was, is)) {
      throw new RenderError(
        'PatchRefused',
        `${at}.${part}`,
        'belongs to the operator and cannot be changed; spec.command, spec.image and spec.env are for what the job runs',
      );
    }
  }
  for (const variable of (original.env ?? []).filter(({ name }) => name.startsWith('BUILDKITE_'))) {
    const now = (patched.env ?? []).filter(({ name }) => name === variable.name);
    if (!isDeepStrictEqual(now, [variable]))
      throw new RenderError('PatchRefused', `${at}.env[${variable.name}]`, 'belongs to the operator and cannot be changed; leave it out');
  }
  for (const mount of (original.volumeMounts ?? []).filter(({ name }) => ownVolumeNames.has(name))) {
    if (patched.volumeMounts?.some(now => isDeepStrictEqual(now, mount)) !== true)
      throw new RenderError(
        'PatchRefused',
        `${at}.volumeMounts[${mount.mountPath}]`,
        'belongs to the operator and cannot be changed; choose another path',
      );
  }
}

function isFree(container: string, part: string): boolean {
  if (container === containerNames.command) return !fixedForCommand.has(part);
  return (container === containerNames.checkout ? freeForCheckout : freeParts).has(part);
}
