import type { Dependency } from './definition.ts';

/** What the pipeline says for all its steps. */
export interface PipelineDefaults {
  readonly agents: readonly string[];
  readonly image?: string | undefined;
  readonly priority: number;
}

interface RawBase {
  readonly key?: string | undefined;
  readonly id?: string | undefined;
  readonly identifier?: string | undefined;
  readonly label?: string | undefined;
  readonly name?: string | undefined;
  readonly if?: string | undefined;
  readonly branches?: string | undefined;
  readonly depends_on?: readonly Dependency[] | undefined;
  readonly allow_dependency_failure: boolean;
}

/** The attributes that steps of all types share. */
export function stepBase(raw: RawBase, written: Readonly<Record<string, unknown>>) {
  return {
    key: raw.key ?? raw.id ?? raw.identifier,
    label: raw.label ?? raw.name,
    condition: raw.if,
    branches: raw.branches,
    dependsOn: raw.depends_on,
    allowDependencyFailure: raw.allow_dependency_failure,
    raw: written,
  };
}
