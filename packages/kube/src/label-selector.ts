import { OperatorError } from '@buildkite-operator/service';

/** As in `spec.selector` of the built-in kinds. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelRequirement[];
}

export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

/** The text form that the `labelSelector` query parameter takes. Throws `InvalidSelector` for In/NotIn without values. */
export function formatLabelSelector(selector: LabelSelector): string {
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (selector.matchExpressions ?? []).map(formatRequirement);
  return [...labels, ...expressions].join(',');
}

function formatRequirement({ key, operator, values = [] }: LabelRequirement): string {
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  if (values.length === 0) {
    throw new OperatorError('InvalidSelector', `label selector: "${key}" ${operator} needs at least one value; use Exists or DoesNotExist`);
  }
  return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
}

/** The text form of equality field selectors, for example `spec.nodeName=node-a`. Values are escaped as the API server expects. */
export function formatFieldSelector(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([field, value]) => `${field}=${value.replaceAll(/[\\,=]/g, character => `\\${character}`)}`)
    .join(',');
}
