import { acquireLock, type Lock, repositoryRoot, say } from '@buildkite-operator/e2e-setup';

/** Where the operator is to be installed: the local cluster of this checkout, or an API server by its URL. */
export type ClaimTarget = 'local' | URL;

/**
 * Makes this process the only one of this machine that installs the operator there; waits for another to end. Demo, tests and
 * benchmarks use the same namespaces, and each removes them at its end.
 */
export async function claimCluster(target: ClaimTarget): Promise<Lock> {
  const place = target === 'local' ? `the local cluster of ${repositoryRoot}` : target.href;
  return acquireLock(`operator on ${place}`, { onWait: holder => say(`  process ${holder} uses ${place}; waiting for its end`) });
}
