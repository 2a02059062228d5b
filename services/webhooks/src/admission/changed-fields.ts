import { isDeepStrictEqual } from 'node:util';
import type { BuildJobSpec } from '@buildkite-operator/crds';
import type { Fault } from './verdict.ts';

/** How many changes are told one by one. */
const mostTold = 20;

/** What may still change when a pod was made. */
const changeable: ReadonlySet<string> = new Set<keyof BuildJobSpec>(['cancelled']);

/** A fault for every field of the spec that was changed although a pod was made, with its old and its new value. */
export function changedFields(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): Fault[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)].filter(name => !changeable.has(name)));
  return [...names]
    .flatMap(name => differences(before[name], after[name], `spec.${name}`))
    .slice(0, mostTold)
    .map(({ field, from, to }) => ({
      field,
      problem: `cannot be changed once a pod was made for the job (it was ${text(from)} and would be ${text(to)}); make a new BuildJob`,
    }));
}

interface Difference {
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
}

function differences(from: unknown, to: unknown, field: string): Difference[] {
  if (isDeepStrictEqual(from, to)) return [];
  if (Array.isArray(from) && Array.isArray(to)) {
    const longest = from.length > to.length ? from : to;
    return longest.flatMap((_, index) => differences(from[index], to[index], `${field}[${index}]`));
  }
  if (!isRecord(from) || !isRecord(to)) return [{ field, from, to }];
  const names = new Set([...Object.keys(from), ...Object.keys(to)]);
  return [...names].flatMap(name => differences(from[name], to[name], `${field}${step(name)}`));
}

/** Kubernetes writes keys that are no plain names in brackets. */
function step(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${name}]`;
}

function text(value: unknown): string {
  if (value === undefined) return 'unset';
  const json = JSON.stringify(value) ?? typeof value;
  return json.length > 100 ? `${json.slice(0, 100)}…` : json;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
