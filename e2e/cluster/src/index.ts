export { type ApiServer, type StartApiServerOptions, startApiServer } from './api-server.ts';
export { attachCluster, Cluster, type ClusterNode, type NodeOptions } from './cluster.ts';
export { ClusterError, type ClusterErrorCode } from './cluster-error.ts';
export { type ClusterHealth, type ClusterStatus, type ComponentStatus, clusterStatus } from './cluster-status.ts';
export { type ControlPlaneComponent, controlPlaneComponents } from './control-plane.ts';
export { freePort } from './free-port.ts';
export { loadImage, registryPath } from './load-image.ts';
export { type StartClusterOptions, startCluster } from './start-cluster.ts';
export { type StopClusterOptions, stopCluster } from './stop-cluster.ts';
