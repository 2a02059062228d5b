export { type Clock, sleep, systemClock, toKubernetesTime } from './clock.ts';
export { errorMessage, isAbort, OperatorError } from './errors.ts';
export { createLogger, type Logger, type LogLevel, logLevels } from './logger.ts';
export { Counter, createMetricsRegistry, Gauge, Histogram, metricPrefix, type Registry } from './metrics.ts';
export { type HealthCheck, type ProbeServer, type ProbeServerOptions, startProbeServer } from './probe-server.ts';
export { type BackoffPolicy, backoffDelay, defaultBackoff, type RetryOptions, type RetryVerdict, retry } from './retry.ts';
export { runService } from './run-service.ts';
export { describeIssues, formatPath, loadSettings } from './settings.ts';
