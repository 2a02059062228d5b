import { isObject, type JsonObject } from '@buildkite-operator/crds/toolkit';
import { containerNames, ownContainerNames, volumeNames } from '@buildkite-operator/podspec';
import type { KeyPath } from '../schema-problems.ts';
import type { CommandParts } from './command-container.ts';
import type { Draft } from './draft.ts';
import { type Interposer, interpose } from './interposer.ts';
import { commandContainerFates } from './key-table.ts';

/** What a `podSpecPatch` says. */
export interface PatchParts {
  /** The patch for `podPatch`, with the commands' containers by the names that they have here. */
  readonly patch: JsonObject;
  /** The commands that the patch changes, by the names that their containers have in the pod. */
  readonly commands: ReadonlyMap<string, string>;
}

/** Parts of the operator's own containers that a patch may set, as docs/merging.md has them. */
const freeParts: readonly string[] = [
  'name',
  'imagePullPolicy',
  'resources',
  'securityContext',
  'terminationMessagePath',
  'terminationMessagePolicy',
];
const freeForCheckout: readonly string[] = [...freeParts, 'env', 'envFrom', 'volumeMounts'];

const at = 'podSpecPatch';

/** Fields of a patch that are settings of a BuildJob instead: a patch of the pod would come too late for them. */
export const settingsInPatch = ['activeDeadlineSeconds', 'serviceAccount', 'serviceAccountName', 'terminationGracePeriodSeconds'] as const;

/** Reads a `podSpecPatch` by the names that the pipeline knows, and turns changes of the command into a command. */
export function podSpecPatchParts(patch: JsonObject, starts: readonly CommandParts[], interposer: Interposer, draft: Draft): PatchParts {
  const { restartPolicy, ephemeralContainers } = patch;
  if (restartPolicy !== undefined && restartPolicy !== 'Never')
    draft.refuse([at, 'restartPolicy'], 'would run the job again: leave it out', restartPolicy);
  if (ephemeralContainers !== undefined)
    draft.refuse([at, 'ephemeralContainers'], 'cannot be in a pod when it is made: leave it out', ephemeralContainers);
  if (patch['$patch'] !== undefined) draft.refuse([at, '$patch'], 'would take away the whole pod: leave it out', patch['$patch']);
  for (const name of ['containers', 'initContainers'])
    if (patch[name] === null) draft.refuse([at, name], "would take away the operator's own containers: leave it out");
  const commands = new Map<string, string>();
  const containers = itemsOf(patch['containers']).map((item, index) => {
    const keys = [at, 'containers', index];
    checkName(item, keys, draft);
    const start = starts.find(({ name }) => name === item['name']);
    if (start === undefined) return otherContainer(item, { keys, starts }, draft);
    const { container, command } = commandItem(item, { keys, start, interposer }, draft);
    if (command !== undefined) commands.set(start.target, command);
    return container;
  });
  const initContainers = itemsOf(patch['initContainers']).map((item, index) => {
    const keys = [at, 'initContainers', index];
    checkName(item, keys, draft);
    if (String(item['name']).startsWith('imagecheck-'))
      draft.refuse(
        [...keys, 'name'],
        'is there with the official controller only, images are not checked by containers here: remove it',
        item['name'],
      );
    return ownContainerNames.has(String(item['name'])) ? otherContainer(item, { keys, starts }, draft) : variablesReplaced(item);
  });
  const volumes = itemsOf(patch['volumes']).map((item, index) => volumeItem(item, [at, 'volumes', index], draft));
  const rest = Object.entries(patch).filter(([name]) => !settingsInPatch.some(field => field === name));
  return {
    patch: {
      ...Object.fromEntries(rest),
      ...(Array.isArray(patch['containers']) && { containers }),
      ...(Array.isArray(patch['initContainers']) && { initContainers }),
      ...(Array.isArray(patch['volumes']) && { volumes }),
    },
    commands,
  };
}

function itemsOf(list: unknown): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function checkName(item: JsonObject, keys: KeyPath, draft: Draft): void {
  if (typeof item['name'] === 'string' && item['name'] !== '') return;
  draft.refuse([...keys, 'name'], 'is required: name the container that the patch is for', item['name'] ?? undefined);
}

interface ItemPlace {
  readonly keys: KeyPath;
  readonly starts: readonly CommandParts[];
}

interface CommandPlace {
  readonly keys: KeyPath;
  readonly start: CommandParts;
  readonly interposer: Interposer;
}

/** A container that is not the command's: one of the operator's own, of which little may change, or a further one. */
function otherContainer(item: JsonObject, { keys, starts }: ItemPlace, draft: Draft): JsonObject {
  const name = String(item['name']);
  if (name === containerNames.command || /^container-[0-9]+$/.test(name))
    draft.refuse(
      [...keys, 'name'],
      `is no container of the job: its containers with a command are called ${starts.map(start => start.name).join(', ')}`,
      name,
    );
  if (!ownContainerNames.has(name)) return variablesReplaced(item);
  const free = name === containerNames.checkout ? freeForCheckout : freeParts;
  for (const [field, value] of Object.entries(item)) {
    if (!free.includes(field))
      draft.refuse([...keys, field], `of container ${name} belongs to the operator: a patch may set ${free.slice(1).join(', ')}`, value);
  }
  return variablesReplaced(item);
}

/** A command's container: its command and arguments are converted as those of the start spec are. */
function commandItem(
  item: JsonObject,
  { keys, start, interposer }: CommandPlace,
  draft: Draft,
): { container: JsonObject; command: string | undefined } {
  const { command, args, workingDir, ...rest } = item;
  if (item['$patch'] !== undefined)
    draft.refuse([...keys, '$patch'], "would take the job's own container away: leave it out", item['$patch']);
  if (workingDir !== undefined) draft.notice([...keys, 'workingDir'], `has no effect: ${commandContainerFates['workingDir']?.becomes}`);
  for (const field of ['restartPolicy', 'restartPolicyRules'])
    if (rest[field] !== undefined) draft.refuse([...keys, field], 'cannot be had, for a command runs once: remove it', rest[field]);
  const container = { ...variablesReplaced(rest), name: start.target };
  const changes = [command, args].some(list => Array.isArray(list) && list.length > 0);
  if (!changes) return { container, command: undefined };
  // Each list replaces its predecessor, as in any patch; the official controller forgets the earlier command where only args are patched.
  const lists = { command: textsOr(command, start.container.command), args: textsOr(args, start.container.args) };
  if (lists.command.length === 0)
    draft.refuse([...keys, 'args'], "need a command: give `command` here or in the podSpec, for the step's own command takes none", args);
  if (start.target === containerNames.command)
    draft.origins.field('command', 'kubernetes', [...keys, command === undefined ? 'args' : 'command']);
  return { container, command: interpose(interposer, lists.command, lists.args) };
}

function textsOr(list: unknown, otherwise: readonly string[] = []): readonly string[] {
  return Array.isArray(list) ? list.map(String) : otherwise;
}

/** A variable has a value or a source; the patch's takes the other's place. */
function variablesReplaced(item: JsonObject): JsonObject {
  const { env } = item;
  if (!Array.isArray(env)) return item;
  return {
    ...item,
    env: itemsOf(env).map(variable => {
      if (variable['$patch'] !== undefined) return variable;
      if (isObject(variable['valueFrom']) && variable['value'] === undefined) return { ...variable, value: null };
      return typeof variable['value'] === 'string' && variable['valueFrom'] === undefined ? { ...variable, valueFrom: null } : variable;
    }),
  };
}

/** A volume has one source: the patch's takes the place of the earlier one. */
function volumeItem(item: JsonObject, keys: KeyPath, draft: Draft): JsonObject {
  const name = item['name'];
  if (name === volumeNames.agentToken || name === volumeNames.agentHooks)
    draft.refuse([...keys, 'name'], "is a volume of the operator's own: choose another name", name);
  if (item['$patch'] !== undefined || item['$retainKeys'] !== undefined || Object.keys(item).length < 2) return item;
  return { ...item, $retainKeys: Object.keys(item).filter(field => item[field] !== null) };
}
