export { type ApiServer, type StartApiServerOptions, startApiServer } from './api-server.ts';
export { ClusterError, type ClusterErrorCode } from './cluster-error.ts';
