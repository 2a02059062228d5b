import { isDeepStrictEqual } from 'node:util';
import { type Composition, namedContainers } from './compose.ts';
import { containerNames, volumeNames } from './names.ts';
import type { Finding } from './protection.ts';

/** The field of job or environment that brought a finding into the pod. */
export function fieldOfFinding(finding: Finding, composition: Composition): string {
  const { container, list, item, part } = finding;
  // The set-up has nothing of the job's but the name of an outside agent.
  if (container === containerNames.setup) return environmentSecret;
  if (container === containerNames.checkout) return checkoutField(finding);
  const resolved = namedContainers(composition).find(({ name }) => name === container);
  for (const { field, template } of resolved?.sources ?? composition.commands[0].sources) {
    const index = indexOf(Reflect.get(template, list), item);
    if (index >= 0) return `${field}.${list}[${index}]${leaf(part)}`;
  }
  // Its other sources of variables are in its templates.
  return resolved?.field ?? (list === 'envFrom' ? environmentSecret : 'spec');
}

/** Where a job names the Secret with its environment. */
const environmentSecret = 'spec.buildkite.outsideAgent.environmentSecret';

/** Beside the operator's own, the checkout has variables of the credentials' Secret, and a mount of the volume with mirrors. */
function checkoutField({ list, value, part }: Finding): string {
  if (list === 'envFrom') return environmentSecret;
  if (list !== 'volumeMounts' || value === volumeNames.gitCredentials) return 'spec.checkout.credentialsSecret';
  return `spec.checkout.gitMirrors.${part === 'mountPath' ? 'path' : 'volume'}`;
}

/** The field of the patch that brought a finding into the pod; by the container's name where the patch does not show the entry itself. */
export function patchFieldOf({ container, list, item, part }: Finding, patch: Readonly<Record<string, unknown>>): string {
  if (container === undefined) return `spec.podPatch.${list}`;
  for (const containers of ['containers', 'initContainers']) {
    const entries: unknown = patch[containers];
    if (!Array.isArray(entries)) continue;
    for (const [position, entry] of entries.entries()) {
      if (!isNamed(entry, container)) continue;
      const at = `spec.podPatch.${containers}[${position}]`;
      const index = indexOf(Reflect.get(entry, list), item);
      return index < 0 ? `${at}.${list}` : `${at}.${list}[${index}]${leaf(part)}`;
    }
  }
  return `spec.podPatch.containers[${container}].${list}`;
}

/** The entry itself, or one like it: of two that are the same, the later one is the one too many. */
function indexOf(items: unknown, item: unknown): number {
  if (!Array.isArray(items)) return -1;
  const itself = items.indexOf(item);
  return itself >= 0 ? itself : items.findLastIndex(one => isDeepStrictEqual(one, item));
}

function isNamed(entry: unknown, name: string): entry is { readonly name: string } {
  return typeof entry === 'object' && entry !== null && Reflect.get(entry, 'name') === name;
}

function leaf(part: string | undefined): string {
  return part === undefined ? '' : `.${part}`;
}
