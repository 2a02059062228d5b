import type { Subnet } from './subnet.ts';

/** One object that the cluster starts with, and where it is applied. */
export interface ClusterObject {
  readonly path: string;
  readonly object: object;
}

/** The user that CoreDNS, a process beside the API server, signs in as. */
export const dnsUser = 'local-cluster:dns';

/** The DNS service, which points at CoreDNS outside the cluster's nodes, and CoreDNS's right to read what it serves. */
export function clusterObjects({ controlPlaneAddress, dnsServiceAddress }: Subnet): ClusterObject[] {
  const service = 'kube-dns';
  const namespace = 'kube-system';
  const ports = [
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53, protocol: 'TCP' },
  ];
  const role = { name: dnsUser };
  return [
    {
      path: `/api/v1/namespaces/${namespace}/services/${service}`,
      object: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: service, namespace, labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/name': 'CoreDNS' } },
        spec: { clusterIP: dnsServiceAddress, ports: ports.map(port => ({ ...port, targetPort: 53 })) },
      },
    },
    {
      path: `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/${service}`,
      object: {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: service, namespace, labels: { 'kubernetes.io/service-name': service } },
        addressType: 'IPv4',
        endpoints: [{ addresses: [controlPlaneAddress], conditions: { ready: true } }],
        ports,
      },
    },
    {
      path: `/apis/rbac.authorization.k8s.io/v1/clusterroles/${dnsUser}`,
      object: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: role,
        rules: [
          { apiGroups: [''], resources: ['services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
          { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
        ],
      },
    },
    {
      path: `/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/${dnsUser}`,
      object: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: role,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: dnsUser },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: dnsUser }],
      },
    },
  ];
}
