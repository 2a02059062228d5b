export { type EndingReport, endingReport } from './ending-report.ts';
export { Notices, type NoticesOptions } from './notices.ts';
export { hasEnded, isReported } from './reported-job.ts';
export type { ReportingDependencies } from './reporting-dependencies.ts';
export { ReportingMetrics } from './reporting-metrics.ts';
export { runReporting } from './run-reporting.ts';
