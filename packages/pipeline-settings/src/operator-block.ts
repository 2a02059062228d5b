import { type BuildJobSpec, buildJobSpec } from '@buildkite-operator/crds';
import { isObject, type JsonObject, toStructuralSchema } from '@buildkite-operator/crds/toolkit';
import { fieldsOfPodType, podTypeSchema } from './pod-types/pod-type-schema.ts';
import { type Fault, type KeyPath, structureFaults, valueAt, zodFaults } from './schema-problems.ts';
import { formatKeys, type ReportSettings } from './settings-problem.ts';

/** What a `buildkite-operator` block may hold. */
export type OperatorSettings = Omit<BuildJobSpec, 'buildkite' | 'cancelled' | 'command'>;

/** Settings of a BuildJob that are no pipeline author's to give, and what to do instead. */
const othersSettings: Readonly<Record<string, string>> = {
  buildkite: 'is made from the job itself: remove it',
  cancelled: "is for running jobs: remove it, and cancel the job on Buildkite's page",
  command: "is the step's own `command`: write it there",
};

/** The zod schema of the block, of which an editor's JSON schema can be made. */
export const operatorBlock = buildJobSpec.omit({ buildkite: true, cancelled: true, command: true });

const structure = toStructuralSchema(operatorBlock, 'buildkite-operator');

/** The keys of the block. */
export const operatorKeys: readonly string[] = Object.keys(operatorBlock.shape);

/** The settings in a block, as BuildJob's own schema takes them. Undefined where something is wrong, which is reported. */
export function readOperatorBlock(block: JsonObject, report: ReportSettings, allowed?: readonly string[]): OperatorSettings | undefined {
  const faults = [...zodFaults(operatorBlock, block, () => []), ...structureFaults(structure, block), ...podFaults(block)];
  const known = operatorKeys.filter(key => allowed === undefined || allowed.includes(key));
  for (const key of Object.keys(block)) {
    if (operatorKeys.includes(key) && !known.includes(key))
      faults.push({
        path: [key],
        problem: `is not allowed here: remove it, or ask the platform for it; allowed are ${known.join(', ') || 'none'}`,
      });
  }
  const seen = new Set<string>();
  for (const { path, value, problem } of faults) {
    const text = formatKeys(path);
    const advice = path.length === 1 && Object.hasOwn(othersSettings, String(path[0])) ? othersSettings[String(path[0])] : undefined;
    // What two checks find in one place is one fault.
    if (seen.has(text)) continue;
    seen.add(text);
    const found = value ?? valueAt(block, path);
    report({ block: 'buildkite-operator', path: text, problem: advice ?? problem, ...(found !== undefined && { value: found }) });
  }
  return faults.length === 0 ? block : undefined;
}

/** Faults in the parts that BuildJob passes on to the pod as they are: its schema leaves them open, but what a pod may hold is known. */
function podFaults(block: JsonObject): Fault[] {
  const containers = (['initContainers', 'extraContainers'] as const).flatMap(list => checkEach('Container', block[list], [list]));
  return [
    ...containers,
    // A command is one text here, and no list.
    ...checkEach('Container', block['commandContainers'], ['commandContainers'], ['command']),
    ...checkEach('EnvVar', block['env'], ['env']),
    ...checkEach('TopologySpreadConstraint', block['topologySpreadConstraints'], ['topologySpreadConstraints']),
    ...(block['podPatch'] === undefined ? [] : patchFaults(block['podPatch'], ['podPatch'])),
  ];
}

function checkEach(type: string, list: unknown, at: KeyPath, ours: readonly string[] = []): Fault[] {
  if (!Array.isArray(list)) return [];
  const own = new Set(fieldsOfPodType(type).keys());
  return list.flatMap((entry, index) => {
    if (!isObject(entry)) return [];
    // An entry for a container has fields of BuildJob's own; those, and unknown ones, are for its schema.
    const part =
      type === 'Container' ? Object.fromEntries(Object.entries(entry).filter(([name]) => own.has(name) && !ours.includes(name))) : entry;
    return placed(
      zodFaults(podTypeSchema(type), part, path => knownFields(type, path)),
      [...at, index],
    );
  });
}

/** Faults of a strategic merge patch of a pod's spec; whether its directives make sense shows when it is applied. */
export function patchFaults(patch: unknown, at: KeyPath): Fault[] {
  const faults = zodFaults(podTypeSchema('PodSpec', 'patch'), patch, path => knownFields('PodSpec', path));
  return placed(
    faults.filter(({ path }) => !/^\$(setElementOrder|deleteFromPrimitiveList)\//.test(String(path.at(-1)))),
    at,
  );
}

/** The fields that could stand at a place within one of Kubernetes' types. */
export function knownFields(type: string, path: KeyPath): Iterable<string> {
  const names = path.filter(step => typeof step === 'string');
  const owner = names.reduce((owner, name) => (fieldsOfPodType(owner).get(name) ?? '').replace(/(\[\]|\{\})$/, ''), type);
  return fieldsOfPodType(owner).keys();
}

function placed(faults: readonly Fault[], at: KeyPath): Fault[] {
  return faults.map(fault => ({ ...fault, path: [...at, ...fault.path] }));
}
