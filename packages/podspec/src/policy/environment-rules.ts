import type { BuildJob } from '@buildkite-operator/crds';
import type { Problem } from '../problem.ts';
import { type EnvironmentRule, matchesAny } from './policy.ts';

/** The environments that the job names and that are kept for other pipelines or namespaces. What environments name is the platform's. */
export function environmentRuleProblems({ metadata, spec }: BuildJob, rules: readonly EnvironmentRule[]): Problem[] {
  const pipeline = spec.buildkite.pipeline ?? '';
  const isKept = (name: string) => {
    const about = rules.filter(({ environments }) => matchesAny(environments, name));
    return (
      about.length > 0 &&
      !about.some(({ pipelines, namespaces }) => matchesAny(pipelines, pipeline) && matchesAny(namespaces, metadata.namespace))
    );
  };
  const who = `${pipeline === '' ? 'a job without a pipeline' : `pipeline "${pipeline}"`} in namespace "${metadata.namespace}"`;
  return namedEnvironments(spec)
    .filter(({ value }) => isKept(value))
    .map(named => ({
      ...named,
      code: 'PolicyForbids',
      problem: `is not for ${who}, by policy.environments; use another environment, or ask the platform to add the pipeline`,
    }));
}

function namedEnvironments({ environment, ...spec }: BuildJob['spec']): { field: string; value: string }[] {
  return [
    ...(environment === undefined ? [] : [{ field: 'spec.environment', value: environment }]),
    ...(['commandContainers', 'initContainers', 'extraContainers'] as const).flatMap(list =>
      (spec[list] ?? []).flatMap(({ environment: value }, index) =>
        value === undefined ? [] : [{ field: `spec.${list}[${index}].environment`, value }],
      ),
    ),
  ];
}
