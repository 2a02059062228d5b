import { schemaMessage, toStructuralSchema } from '@buildkite-operator/crds/toolkit';
import type { z } from 'zod';
import { ConfigError, type ConfigFault } from './config-error.ts';
import { environmentDefaults, environmentDefaultsProblems } from './environment-defaults.ts';
import { jobSpawnerConfig } from './job-spawner-config.ts';
import { jobSpawnerProblems } from './job-spawner-problems.ts';
import { type ConfigSection, configSections, jobNamespace, jobNamespaceKey, type OperatorConfig } from './operator-config.ts';
import { type FieldPath, readSectionText, type SectionText } from './section-text.ts';
import { unknownFields } from './unknown-fields.ts';

/** What the defaults depend on. */
export interface ConfigContext {
  /** Namespace of the operator itself. */
  readonly operatorNamespace: string;
}

const sectionNames = Object.keys(configSections) as ConfigSection[];
const structures = new Map(sectionNames.map(name => [name, toStructuralSchema(configSections[name], name)]));

/**
 * The configuration that the `data` of a ConfigMap holds, with every default filled in. Throws `ConfigError` with every fault:
 * unknown keys and fields, what is no YAML, values that do not keep to their bounds.
 */
export function parseConfig(data: Readonly<Record<string, string>>, { operatorNamespace }: ConfigContext): OperatorConfig {
  const faults: ConfigFault[] = unknownKeys(data);
  const refuse = (fault: ConfigFault) => faults.push(fault);
  const section = <Name extends ConfigSection>(name: Name) =>
    readSection(name, Object.hasOwn(data, name) ? (data[name] ?? '') : '', refuse);
  const namespace = readNamespace(Object.hasOwn(data, jobNamespaceKey) ? (data[jobNamespaceKey] ?? '') : '', refuse) ?? operatorNamespace;
  const parts = {
    pod_defaults: section('pod_defaults'),
    job_spawner_config: section('job_spawner_config'),
    admission: section('admission'),
    environment_defaults: section('environment_defaults'),
    policy: section('policy'),
  };
  if (faults.length > 0 || !isComplete(parts)) throw new ConfigError(faults);
  return { [jobNamespaceKey]: namespace, ...parts };
}

type Sections = { readonly [Name in ConfigSection]: z.output<(typeof configSections)[Name]> };

function isComplete(parts: { readonly [Name in ConfigSection]: Sections[Name] | undefined }): parts is Sections {
  return Object.values(parts).every(part => part !== undefined);
}

function unknownKeys(data: Readonly<Record<string, string>>): ConfigFault[] {
  const known = [jobNamespaceKey, ...sectionNames];
  return Object.keys(data)
    .filter(key => !known.includes(key))
    .map(key => ({ key, path: key, problem: `is no key of the configuration: remove it, or use one of ${known.join(', ')}` }));
}

type Refuse = (fault: ConfigFault) => void;

function readNamespace(text: string, refuse: Refuse): string | undefined {
  const value = text.trim();
  const parsed = jobNamespace.safeParse(value === '' ? undefined : value, { error: schemaMessage });
  if (parsed.success) return parsed.data;
  for (const { message } of parsed.error.issues) refuse({ key: jobNamespaceKey, path: jobNamespaceKey, value, problem: message });
  return undefined;
}

function readSection<Name extends ConfigSection>(name: Name, text: string, refuse: Refuse): Sections[Name] | undefined {
  try {
    const read = readSectionText(name, text);
    if (!('faults' in read)) return checkSection(name, read, refuse);
    for (const fault of read.faults) refuse(fault);
  } catch (error) {
    // Too deep for the stack: nothing that a person would write.
    if (!(error instanceof RangeError)) throw error;
    refuse({ key: name, path: name, problem: 'is nested too deep to be read' });
  }
  return undefined;
}

function checkSection<Name extends ConfigSection>(name: Name, { value, fault }: SectionText, refuse: Refuse): Sections[Name] | undefined {
  for (const { path, known } of unknownFields(structures.get(name) ?? {}, value))
    refuse(fault(path, `is no field of the configuration: remove it, or use one of ${known.join(', ')}`));
  const parsed = configSections[name].safeParse(value, { error: schemaMessage });
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      const fields = path.map(part => (typeof part === 'number' ? part : String(part)));
      refuse(fault(fields, message, valueAt(value, fields)));
    }
    return undefined;
  }
  for (const { path, problem } of furtherProblems(name, value)) refuse(fault(path, problem, valueAt(value, path)));
  return parsed.data as Sections[Name];
}

/** What a section's schema cannot say. */
function furtherProblems(name: ConfigSection, value: unknown): { readonly path: FieldPath; readonly problem: string }[] {
  if (name === 'environment_defaults') return environmentDefaultsProblems(environmentDefaults.parse(value));
  if (name === 'job_spawner_config') return jobSpawnerProblems(jobSpawnerConfig.parse(value));
  return [];
}

function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null ? (Object.getOwnPropertyDescriptor(inner, part)?.value as unknown) : undefined,
    value,
  );
}
