import { attachCluster } from '@buildkite-operator/e2e-cluster';
import { type Kubectl, kubectlFor, operatorNamespace as namespace } from '@buildkite-operator/e2e-operator';
import { testbedSetup } from '@buildkite-operator/e2e-testbed/global-setup';
import type { TestProject } from 'vitest/node';
import { areaConfig, namedObjects } from './area-config.ts';

const startTestbed = testbedSetup({ config: areaConfig, webhooks: true });

/**
 * The testbed with webhooks, and what the corpus names. No controller runs: this area is about what is taken, not about what becomes of
 * it, and a job that waits must go on waiting.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const closeTestbed = await startTestbed(project);
  const kubectl = await kubectlFor(await attachCluster());
  const inNamespace = ['--namespace', namespace];
  const close = async () => {
    try {
      await kubectl(['delete', '--filename=-', '--ignore-not-found', ...inNamespace], { input: JSON.stringify(namedObjects) });
      await scaleController(kubectl, 2);
    } finally {
      await closeTestbed();
    }
  };
  try {
    await kubectl(['apply', '--server-side', '--filename=-', ...inNamespace], { input: JSON.stringify(namedObjects) });
    await scaleController(kubectl, 0);
  } catch (error) {
    await close();
    throw error;
  }
  return close;
}

async function scaleController(kubectl: Kubectl, replicas: number): Promise<void> {
  const deployment = 'deployment/buildkite-operator-controller';
  await kubectl(['scale', deployment, `--replicas=${replicas}`, '--namespace', namespace]);
  await kubectl(['rollout', 'status', deployment, '--namespace', namespace, '--timeout=90s']);
}
