import { Counter, Gauge, metricPrefix, type Registry } from '@buildkite-operator/service';

/** The figures of a process's configuration. */
export class ConfigMetrics {
  readonly valid: Gauge;
  readonly applied: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.valid = new Gauge({
      name: `${metricPrefix}config_valid`,
      help: '1 while the ConfigMap as it is now is in force, 0 while it is missing or invalid and the last good one stays.',
      registers,
    });
    this.applied = new Counter({ name: `${metricPrefix}config_applied_total`, help: 'Configurations that came into force.', registers });
  }
}
