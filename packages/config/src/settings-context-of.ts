import type { SettingsContext } from '@buildkite-operator/pipeline-settings';
import type { OperatorConfig } from './operator-config.ts';

/** What the configuration says about the settings that pipelines give; the queue is that of the job. */
export function settingsContextOf({ job_spawner_config: config }: OperatorConfig, queue: string): SettingsContext {
  const { resourceClasses, defaultResourceClass, allowedKeys, interposer } = config;
  return {
    queue,
    interposer,
    resourceClasses: new Map(Object.entries(resourceClasses)),
    ...(defaultResourceClass !== undefined && { defaultResourceClass }),
    allowedKeys: {
      ...(allowedKeys.buildkiteOperator !== undefined && { 'buildkite-operator': allowedKeys.buildkiteOperator }),
      ...(allowedKeys.kubernetes !== undefined && { kubernetes: allowedKeys.kubernetes }),
    },
  };
}
