import { canonicalQuantity, parseQuantity } from '@buildkite-operator/podspec';

/** The quantity in Kubernetes' canonical form (1000m → 1, 0.5 → 500m, 1024Mi → 1Gi). Numbers, and what is no quantity, stay as they are. */
export function normaliseQuantity(quantity: string | number): string | number {
  const parsed = typeof quantity === 'number' ? undefined : parseQuantity(quantity);
  return parsed === undefined ? quantity : canonicalQuantity(parsed);
}
