import type { ConfigInput } from '@buildkite-operator/config';

/** The configuration as the ConfigMap holds it. JSON is YAML on one line, as a literal of kustomize must be. */
export function configData(config: ConfigInput): Record<string, string> {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]));
}
