import type { Admission } from './admission.ts';

/** An object of any kind, that goes when disposed of. `manifest` is all of it but its namespace. */
export async function makeObject(
  { session }: Admission,
  manifest: { readonly kind: string; readonly metadata: { readonly name: string }; readonly [field: string]: unknown },
): Promise<AsyncDisposable> {
  const namespaced = ['--namespace', session.info.namespace];
  await session.kubectl(['create', ...namespaced, '--filename=-'], { input: JSON.stringify(manifest) });
  return {
    [Symbol.asyncDispose]: async () => {
      await session.kubectl(['delete', manifest.kind, manifest.metadata.name, ...namespaced, '--ignore-not-found']);
    },
  };
}
