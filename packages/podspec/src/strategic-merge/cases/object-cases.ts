import { container, type MergeCase } from './merge-case.ts';

const app = container('app');
const one = container('one');
const http = { containerPort: 80, protocol: 'TCP', name: 'http' };

/** Objects, maps and scalars. */
export const objectCases: readonly MergeCase[] = [
  { title: 'an empty patch changes nothing', original: {}, patch: {}, merged: {} },
  { title: 'a scalar is set', original: {}, patch: { hostNetwork: true }, merged: { hostNetwork: true } },
  { title: 'a scalar is replaced', original: { priority: 1 }, patch: { priority: 2 }, merged: { priority: 2 } },
  { title: 'null deletes a field', original: { hostname: 'a', subdomain: 'b' }, patch: { hostname: null }, merged: { subdomain: 'b' } },
  { title: 'null for a field that is not there is nothing', original: {}, patch: { hostname: null }, merged: {} },
  {
    title: 'objects merge field by field',
    original: { securityContext: { runAsUser: 1, fsGroup: 2, seLinuxOptions: { user: 'u' } } },
    patch: { securityContext: { runAsUser: 3, seLinuxOptions: { role: 'r' } } },
    merged: { securityContext: { runAsUser: 3, fsGroup: 2, seLinuxOptions: { user: 'u', role: 'r' } } },
  },
  {
    title: 'maps merge entry by entry, and null deletes one',
    original: { nodeSelector: { zone: 'a', disk: 'ssd' } },
    patch: { nodeSelector: { zone: 'b', disk: null, arch: 'arm64', none: null } },
    merged: { nodeSelector: { zone: 'b', arch: 'arm64' } },
  },
  {
    title: 'nulls in an object that is new are left out',
    original: {},
    patch: { nodeSelector: { zone: 'b', disk: null }, securityContext: { runAsUser: null, fsGroup: 2 } },
    merged: { nodeSelector: { zone: 'b' }, securityContext: { fsGroup: 2 } },
  },
  {
    title: 'a port by number becomes a port by name, since both are scalars',
    original: { containers: [{ ...app, ports: [http], livenessProbe: { tcpSocket: { port: 80 } } }] },
    patch: { containers: [{ name: 'app', livenessProbe: { tcpSocket: { port: 'http' } } }] },
    merged: { containers: [{ ...app, ports: [http], livenessProbe: { tcpSocket: { port: 'http' } } }] },
  },
  {
    title: 'a quantity as a number replaces one as a string',
    original: { containers: [{ ...app, resources: { requests: { cpu: '1', memory: '1Gi' } } }] },
    patch: { containers: [{ name: 'app', resources: { requests: { cpu: 2 } } }] },
    merged: { containers: [{ ...app, resources: { requests: { cpu: 2, memory: '1Gi' } } }] },
  },
  {
    title: '$patch: replace in an object drops all that the patch does not set',
    original: { securityContext: { runAsUser: 1, fsGroup: 2 } },
    patch: { securityContext: { $patch: 'replace', runAsUser: 3 } },
    merged: { securityContext: { runAsUser: 3 } },
  },
  {
    title: '$patch: replace for a map',
    original: { nodeSelector: { zone: 'a', disk: 'ssd' } },
    patch: { nodeSelector: { $patch: 'replace', arch: 'arm64' } },
    merged: { nodeSelector: { arch: 'arm64' } },
  },
  {
    title: '$patch: replace for the whole pod',
    original: { hostname: 'a' },
    patch: { $patch: 'replace', containers: [one] },
    merged: { containers: [one] },
  },
  {
    title: '$patch: delete in an object empties it, other fields beside it are ignored',
    original: { securityContext: { runAsUser: 1 } },
    patch: { securityContext: { $patch: 'delete', fsGroup: 2 } },
    merged: { securityContext: {} },
  },
  { title: '$patch: delete of an object that is not there', original: {}, patch: { affinity: { $patch: 'delete' } }, merged: {} },
  {
    title: '$retainKeys leaves only the fields it names',
    original: { securityContext: { runAsUser: 1, fsGroup: 2, runAsGroup: 4 } },
    patch: { securityContext: { $retainKeys: ['runAsUser', 'fsGroup'], runAsUser: 3 } },
    merged: { securityContext: { runAsUser: 3, fsGroup: 2 } },
  },
  {
    title: 'the source of a volume changes with $retainKeys',
    original: { volumes: [{ name: 'workspace', emptyDir: {} }] },
    patch: { volumes: [{ name: 'workspace', $retainKeys: ['name', 'persistentVolumeClaim'], persistentVolumeClaim: { claimName: 'c' } }] },
    merged: { volumes: [{ name: 'workspace', persistentVolumeClaim: { claimName: 'c' } }] },
  },
  {
    title: 'the source of a volume changes with null',
    original: { volumes: [{ name: 'workspace', emptyDir: {} }] },
    patch: { volumes: [{ name: 'workspace', emptyDir: null, persistentVolumeClaim: { claimName: 'c' } }] },
    merged: { volumes: [{ name: 'workspace', persistentVolumeClaim: { claimName: 'c' } }] },
  },
  {
    title: 'what null deletes need not be in $retainKeys',
    original: { securityContext: { runAsUser: 1, fsGroup: 2 } },
    patch: { securityContext: { $retainKeys: ['runAsUser'], runAsUser: 3, fsGroup: null } },
    merged: { securityContext: { runAsUser: 3 } },
  },
  {
    title: 'value gives way to valueFrom with null',
    original: { containers: [{ ...app, env: [{ name: 'A', value: '1' }] }] },
    patch: { containers: [{ name: 'app', env: [{ name: 'A', value: null, valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }] },
    merged: { containers: [{ ...app, env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }] },
  },
];
