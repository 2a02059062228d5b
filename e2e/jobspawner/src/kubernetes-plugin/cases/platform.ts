import type { BuildEnvironmentSpec } from '@buildkite-operator/crds';
import type { ResourceClass, SettingsContext } from '@buildkite-operator/pipeline-settings';

/** As the area's configuration has them. */
const resourceClasses = {
  small: { resources: { limits: { memory: '160Mi' } } },
} satisfies Readonly<Record<string, ResourceClass>>;

/** The spec of the PodTemplate in the namespace of the jobs. */
export const podTemplate = {
  containers: [{ name: 'main', image: 'test/busybox', env: [{ name: 'ORIGIN', value: 'template' }] }],
  terminationGracePeriodSeconds: 25,
} as const;

/** The BuildEnvironment `kp-environment`, with this image. */
export function environment(image: string): BuildEnvironmentSpec {
  return { container: { image, env: [{ name: 'ORIGIN', value: 'environment' }] } };
}

/** What the platform says about jobs here. */
export const platform: SettingsContext = {
  queue: 'kubernetes-plugin',
  resourceClasses: new Map(Object.entries(resourceClasses)),
  podTemplates: new Map([['kp-template', podTemplate]]),
};
