export { SimulatorRequestError, WaitTimeout } from './client/client-errors.ts';
export type { LogOptions } from './client/log-reader.ts';
export { SimulatorClient, type WaitState } from './client/simulator-client.ts';
export type {
  AgentView,
  AnnotationView,
  ArtifactView,
  BuildView,
  ClusterView,
  CreateBuildRequest,
  JobDetail,
  JobView,
  RefereeReport,
  SimulatorInfo,
} from './control-api/contract.ts';
export type { NotificationView, QueueView, ReservationView, StackView } from './control-api/stack-contract.ts';
export { stripTimeCodes } from './control-api/strip-time-codes.ts';
export type { Fault, FaultAction, FaultRequest } from './domain/faults.ts';
export { hasEnded, type JobState, jobStates } from './domain/job-state.ts';
export { type RateLimitScope, rateLimits } from './domain/rate-limits.ts';
export type { AgentState, BuildState, EndedBy, JobTimeline, StackType } from './domain/records.ts';
export { type BreachKind, breachKinds, type RefereeEntry } from './domain/referee.ts';
export type { Settings, SettingsPatch } from './domain/settings.ts';
export type { StackState } from './domain/stacks.ts';
export { type Simulator, type SimulatorOptions, startSimulator } from './simulator.ts';
