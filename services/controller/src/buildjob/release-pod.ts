import { isKubeError, type Pod, type ResourceClient } from '@buildkite-operator/kube';
import { podFinalizer } from '@buildkite-operator/podspec';

/** Takes our finalizer off a pod whose end is recorded, so that it can go. A pod that is gone already is fine. */
export async function releasePod(pod: Pod, client: ResourceClient<Pod>, signal: AbortSignal): Promise<void> {
  const { name, namespace, uid, resourceVersion, finalizers = [] } = pod.metadata ?? {};
  if (name === undefined || !finalizers.includes(podFinalizer)) return;
  const remaining = finalizers.filter(finalizer => finalizer !== podFinalizer);
  try {
    await client.mergePatch(
      { name, namespace },
      { metadata: { finalizers: remaining } },
      { preconditions: { uid, resourceVersion } },
      signal,
    );
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error;
  }
}
