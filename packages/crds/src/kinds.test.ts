import { describe, expect, it } from 'vitest';
import { kinds } from './kinds.ts';
import { phaseMeanings, phases } from './phases.ts';
import { reasons } from './reasons.ts';
import { type SchemaField, schemaFields } from './schema-fields.ts';
import type { StructuralSchema } from './structural-schema.ts';

function fieldsOf(kind: string): readonly SchemaField[] {
  const definition = kinds.find(candidate => candidate.kind === kind);
  if (definition === undefined) throw new Error(`there is no kind ${kind}`);
  const { spec, status } = definition;
  return [...schemaFields(spec, 'spec'), ...(status === undefined ? [] : schemaFields(status, 'status'))];
}

/** Every schema below a field that holds a value: itself and the entries of lists and maps. */
function* values(schema: StructuralSchema): Generator<StructuralSchema> {
  yield schema;
  if (schema.items !== undefined) yield* values(schema.items);
  if (schema.additionalProperties !== undefined) yield* values(schema.additionalProperties);
}

/** Without bounds the API server must expect the worst of each rule in CEL, and refuses the rule. */
function isBounded(schema: StructuralSchema): boolean {
  if (schema.type === 'array') return schema.maxItems !== undefined;
  if (schema.additionalProperties !== undefined) return schema.maxProperties !== undefined;
  if (schema.type !== 'string' || schema.enum !== undefined || schema.format !== undefined) return true;
  return schema.maxLength !== undefined || /^\^.*\{\d+\}\$$/.test(schema.pattern ?? '');
}

describe.each(kinds.map(({ kind }) => kind))('every field of %s', kind => {
  it('says what it is for', () => {
    const silent = fieldsOf(kind).filter(({ schema }) => (schema.description ?? '').trim().length < 10);
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it('has an upper bound', () => {
    const unbounded = fieldsOf(kind).filter(({ schema }) => ![...values(schema)].every(isBounded));
    expect(unbounded.map(({ path }) => path)).toEqual([]);
  });

  it('has rules that say in words what is wrong', () => {
    const rules = fieldsOf(kind).flatMap(({ schema }) => [...values(schema)].flatMap(value => value['x-kubernetes-validations'] ?? []));
    expect(rules).not.toHaveLength(0);
    expect(rules.filter(({ message }) => message.length < 10)).toEqual([]);
  });
});

describe('BuildJob', () => {
  it('has every setting that the architecture names', () => {
    const spec = new Set(fieldsOf('BuildJob').map(({ path }) => path));
    const settings = `
      buildkite.jobId buildkite.queue buildkite.pipeline buildkite.branch buildkite.buildUrl buildkite.stepKey buildkite.priority
      buildkite.outsideAgent.environmentSecret
      environment image command env initContainers extraContainers resources jobNodeRequirements jobNodePreferences tolerations
      nodeSelector priorityClassName serviceAccountName repoMirror logExporter artifactExporter metricsExporter
      checkout.skip checkout.credentialsSecret podPatch timeoutSeconds pendingTimeoutSeconds ttlSecondsAfterFinished
      terminationGracePeriodSeconds cancelled`;
    expect(
      settings
        .trim()
        .split(/\s+/)
        .filter(name => !spec.has(`spec.${name}`)),
    ).toEqual([]);
  });

  it('has the documented phases and reasons and no others', () => {
    const status = kinds.find(({ kind }) => kind === 'BuildJob')?.status?.properties;
    expect(status?.['phase']?.enum).toEqual(phases);
    expect(Object.keys(phaseMeanings)).toEqual(phases);
    expect(status?.['reason']?.enum).toEqual(Object.keys(reasons));
  });

  it('has a timestamp for each phase: one for each of those that wait or run, one for the end', () => {
    const status = Object.keys(kinds.find(({ kind }) => kind === 'BuildJob')?.status?.properties ?? {});
    expect(status).toEqual(expect.arrayContaining(['pendingTime', 'schedulingTime', 'initializingTime', 'runningTime', 'finishedTime']));
  });
});
