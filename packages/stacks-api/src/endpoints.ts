/**
 * What sending a call twice does. `none`: it only reads. `repeatable`: twice leaves the server as once does. `once`: a repeat may do harm,
 * so it is sent again only when the server has certainly not acted.
 */
export type Effect = 'none' | 'repeatable' | 'once';

export interface Endpoint {
  readonly name: EndpointName;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** What the server counts against: endpoints of one scope share one window. */
  readonly scope: string;
  /** How many calls of the scope fit into one second until the server's headers say otherwise. */
  readonly perSecond: number;
  readonly effect: Effect;
}

/** The calls of the API by their names in metrics, logs and errors. */
export const endpointNames = [
  'register',
  'deregister',
  'list-scheduled-jobs',
  'reserve-jobs',
  'get-job',
  'get-job-states',
  'finish-job',
  'create-notifications',
] as const;
export type EndpointName = (typeof endpointNames)[number];

/**
 * Methods, scopes and limits as Buildkite documents them (https://buildkite.com/docs/apis/agent-api/stacks). The limit of `register` is
 * not documented; it is taken to be that of the scope `default`.
 */
export const endpoints = {
  register: { name: 'register', method: 'POST', scope: 'default', perSecond: 10, effect: 'repeatable' },
  deregister: { name: 'deregister', method: 'POST', scope: 'default', perSecond: 10, effect: 'repeatable' },
  listScheduledJobs: { name: 'list-scheduled-jobs', method: 'GET', scope: 'list-scheduled-jobs', perSecond: 10, effect: 'none' },
  // Reserving what we hold already extends it.
  reserveJobs: { name: 'reserve-jobs', method: 'PUT', scope: 'batch-reserve', perSecond: 10, effect: 'repeatable' },
  getJob: { name: 'get-job', method: 'GET', scope: 'show-job', perSecond: 1000, effect: 'none' },
  getJobStates: { name: 'get-job-states', method: 'POST', scope: 'batch-load-job-states', perSecond: 20, effect: 'none' },
  finishJob: { name: 'finish-job', method: 'POST', scope: 'finish-job', perSecond: 100, effect: 'once' },
  createNotifications: { name: 'create-notifications', method: 'POST', scope: 'stack-notification', perSecond: 200, effect: 'once' },
} as const satisfies Record<string, Endpoint>;

/** The most items that one call takes, in every endpoint that takes several. */
export const maxBatch = 1000;
