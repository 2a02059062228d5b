import { parseQuantity } from '@buildkite-operator/podspec';

/** A quota that leaves no room for a pod. */
export interface QuotaRefusal {
  /** Whether the pod asks for more than the whole quota, so that it never fits. */
  readonly isHopeless: boolean;
}

/**
 * Reads the API server's words about a full quota; undefined when it refuses for something else. There is no other sign than the words:
 * `exceeded quota: NAME, requested: pods=1, used: pods=2, limited: pods=2` (k8s.io/apiserver, plugin/resourcequota/controller.go).
 */
export function readQuotaRefusal(message: string): QuotaRefusal | undefined {
  const found = /exceeded quota: .*?, requested: (.*?), used: .*?, limited: (.*)$/s.exec(message);
  if (found === null) return undefined;
  const [, requested = '', limited = ''] = found;
  const limits = readAmounts(limited);
  const isHopeless = [...readAmounts(requested)].some(([name, amount]) => {
    const limit = limits.get(name);
    return limit !== undefined && amount > limit;
  });
  return { isHopeless };
}

function readAmounts(text: string): Map<string, bigint> {
  const entries = text.split(',').flatMap((entry): [string, bigint][] => {
    const [name, quantity] = entry.split('=');
    const amount = quantity === undefined ? undefined : parseQuantity(quantity.trim())?.nanos;
    return name === undefined || amount === undefined ? [] : [[name.trim(), amount]];
  });
  return new Map(entries);
}
