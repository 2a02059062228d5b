import type { ConfigMap } from '../builtin-resources.ts';
import type { Live } from '../kube-object.ts';

/** A ConfigMap as the API server would have stored it. */
export function storedConfigMap(
  name: string,
  version: number | string,
  more: { namespace?: string; uid?: string; data?: Record<string, string> } = {},
): Live<ConfigMap> {
  const { namespace = 'ns', uid = `uid-${name}`, data } = more;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, uid, resourceVersion: String(version), creationTimestamp: '2026-01-01T00:00:00Z' },
    ...(data === undefined ? {} : { data }),
  };
}
