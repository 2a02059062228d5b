import { isObject } from '@buildkite-operator/crds/toolkit';

type Predicate = (self: unknown) => boolean;

/** The list that a field of an object is; empty where it is none. */
function listOf(self: unknown, name: string): readonly unknown[] {
  const value = field(self, name);
  return Array.isArray(value) ? value : [];
}

function field(self: unknown, name: string): unknown {
  return isObject(self) && Object.hasOwn(self, name) ? self[name] : undefined;
}

function has(self: unknown, name: string): boolean {
  return field(self, name) !== undefined;
}

function isOneOf(self: unknown, name: string, ...words: readonly string[]): boolean {
  return words.some(word => field(self, name) === word);
}

function entriesOf(self: unknown): readonly unknown[] {
  return Array.isArray(self) ? self : [];
}

function haveOwnNames(self: unknown): boolean {
  const names = entriesOf(self).map(entry => field(entry, 'name') ?? field(entry, 'environment') ?? '');
  return new Set(names).size === names.length;
}

/**
 * The rules that BuildJob's schema states in CEL, by their message, as functions: the API server checks them when the BuildJob is made,
 * but names the BuildJob's field then, and not the pipeline's.
 */
export const celRules: ReadonlyMap<string, Predicate> = new Map<string, Predicate>([
  ['give value or valueFrom, not both', self => !(has(self, 'value') && has(self, 'valueFrom'))],
  ['In and NotIn need at least one value', self => !isOneOf(self, 'operator', 'In', 'NotIn') || listOf(self, 'values').length > 0],
  [
    'Exists and DoesNotExist take no values',
    self => !isOneOf(self, 'operator', 'Exists', 'DoesNotExist') || listOf(self, 'values').length === 0,
  ],
  [
    'Gt and Lt need exactly one value, an integer that is not negative',
    self => {
      const values = listOf(self, 'values');
      return !isOneOf(self, 'operator', 'Gt', 'Lt') || (values.length === 1 && /^[0-9]+$/.test(String(values[0])));
    },
  ],
  ['operator Exists takes no value', self => !isOneOf(self, 'operator', 'Exists') || (field(self, 'value') ?? '') === ''],
  ['an empty key needs operator Exists', self => (field(self, 'key') ?? '') !== '' || isOneOf(self, 'operator', 'Exists')],
  ['tolerationSeconds is only for effect NoExecute', self => !has(self, 'tolerationSeconds') || isOneOf(self, 'effect', 'NoExecute')],
  [
    'name an environment, or give name and image of a container',
    self => has(self, 'environment') || (has(self, 'name') && has(self, 'image')),
  ],
  ['two containers have the same name: give each a name of its own', haveOwnNames],
  [
    'probes and lifecycle hooks are for sidecars: move the container to extraContainers, or leave them out',
    self =>
      entriesOf(self).every(entry => !['startupProbe', 'livenessProbe', 'readinessProbe', 'lifecycle'].some(name => has(entry, name))),
  ],
]);
