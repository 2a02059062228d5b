/** A term of a required node affinity: everything in it must hold. */
interface Term {
  readonly matchExpressions?: readonly Expression[];
  readonly matchFields?: readonly Expression[];
}

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** Whether a node of this name and with these labels matches a term; an empty term matches none, as in Kubernetes. */
export function matchesTerm(
  { matchExpressions = [], matchFields = [] }: Term,
  name: string,
  labels: Readonly<Record<string, string>>,
): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  return (
    matchExpressions.every(expression => holds(expression, labels[expression.key])) &&
    matchFields.every(expression => holds(expression, expression.key === 'metadata.name' ? name : undefined))
  );
}

function holds({ operator, values = [] }: Expression, actual: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return actual !== undefined && values.includes(actual);
    case 'NotIn':
      return actual === undefined || !values.includes(actual);
    case 'Exists':
      return actual !== undefined;
    case 'DoesNotExist':
      return actual === undefined;
    case 'Gt':
    case 'Lt':
      return comparesAs(operator, actual, values[0]);
    default:
      return false;
  }
}

const integer = /^[+-]?[0-9]{1,19}$/;

function comparesAs(operator: 'Gt' | 'Lt', actual: string | undefined, limit: string | undefined): boolean {
  if (actual === undefined || limit === undefined || !integer.test(actual) || !integer.test(limit)) return false;
  const [left, right] = [BigInt(actual.replace('+', '')), BigInt(limit.replace('+', ''))];
  return operator === 'Gt' ? left > right : left < right;
}
