import { container, type MergeCase } from './merge-case.ts';

const app = container('app');
const one = container('one');
const two = container('two');
const three = container('three');
const create = container('new');
const http = { containerPort: 80, protocol: 'TCP', name: 'http' };
const dns = { containerPort: 53, protocol: 'UDP', name: 'dns' };

/** Lists that merge by key. */
export const keyedListCases: readonly MergeCase[] = [
  {
    title: 'containers merge by name',
    original: { containers: [one, two] },
    patch: { containers: [{ name: 'two', image: 'two:2', tty: true }] },
    merged: { containers: [one, { name: 'two', image: 'two:2', tty: true }] },
  },
  {
    title: 'an empty list changes no item, null deletes the list',
    original: { initContainers: [one], volumes: [{ name: 'v', emptyDir: {} }] },
    patch: { initContainers: [], volumes: null },
    merged: { initContainers: [one] },
  },
  {
    title: 'a new item stands before the untouched ones',
    original: { containers: [one, two] },
    patch: { containers: [create] },
    merged: { containers: [create, one, two] },
  },
  {
    title: 'a new item stands right after the patched one before it',
    original: { containers: [one, two, three] },
    patch: { containers: [{ name: 'two', tty: true }, create] },
    merged: { containers: [one, { ...two, tty: true }, create, three] },
  },
  {
    title: 'the patch imposes its order',
    original: { initContainers: [one, two, three] },
    patch: { initContainers: [{ name: 'three' }, { name: 'one' }] },
    merged: { initContainers: [two, three, one] },
  },
  {
    title: '$patch: delete removes an item, wherever it stands in the patch',
    original: { containers: [one, two, three] },
    patch: { containers: [create, { name: 'two', $patch: 'delete' }] },
    merged: { containers: [create, one, three] },
  },
  {
    title: '$patch: delete of an item that is not there',
    original: { containers: [one] },
    patch: { containers: [{ name: 'two', $patch: 'delete' }], hostAliases: [{ ip: '1.1.1.1', $patch: 'delete' }] },
    merged: { containers: [one], hostAliases: [] },
  },
  {
    title: 'an item is deleted and made anew in one patch',
    original: { containers: [{ ...one, tty: true }] },
    patch: {
      containers: [
        { name: 'one', image: 'one:2' },
        { name: 'one', $patch: 'delete' },
      ],
    },
    merged: { containers: [{ name: 'one', image: 'one:2' }] },
  },
  {
    title: 'a marker item with $patch: replace replaces the list',
    original: { containers: [one, two] },
    patch: { containers: [three, { $patch: 'replace' }, create, { name: 'one', $patch: 'delete' }] },
    merged: { containers: [three, create] },
  },
  {
    title: 'a marker item with $patch: replace in a list that is new',
    original: {},
    patch: { hostAliases: [{ $patch: 'replace' }, { ip: '1.1.1.1', hostnames: ['a'] }] },
    merged: { hostAliases: [{ ip: '1.1.1.1', hostnames: ['a'] }] },
  },
  {
    title: 'two items with one key merge into one another when the list was there',
    original: { containers: [{ ...app, ports: [http] }] },
    patch: {
      containers: [
        {
          name: 'app',
          ports: [
            { containerPort: 53, protocol: 'TCP' },
            { containerPort: 53, protocol: 'UDP' },
          ],
        },
      ],
    },
    merged: { containers: [{ ...app, ports: [{ containerPort: 53, protocol: 'UDP' }, http] }] },
  },
  {
    title: 'two items with one key stay apart in a list that is new',
    original: {},
    patch: { containers: [{ name: 'app', ports: [dns, { ...dns, protocol: 'TCP', name: 'dns-tcp' }] }] },
    merged: { containers: [{ ...app, ports: [dns, { ...dns, protocol: 'TCP', name: 'dns-tcp' }] }] },
  },
  {
    title: 'of two items with one key the first is patched',
    original: { containers: [{ ...app, ports: [dns, { ...dns, protocol: 'TCP', name: 'tcp' }] }] },
    patch: { containers: [{ name: 'app', ports: [{ containerPort: 53, name: 'udp' }] }] },
    merged: {
      containers: [
        {
          ...app,
          ports: [
            { ...dns, name: 'udp' },
            { ...dns, protocol: 'TCP', name: 'tcp' },
          ],
        },
      ],
    },
  },
  {
    title: 'items with one key come together, touched or not',
    original: { containers: [{ ...app, ports: [dns, http, { ...dns, protocol: 'TCP', name: 'tcp' }] }] },
    patch: { containers: [{ name: 'app', ports: [] }] },
    merged: { containers: [{ ...app, ports: [dns, { ...dns, protocol: 'TCP', name: 'tcp' }, http] }] },
  },
  {
    title: 'items with one key come together in a list that is replaced',
    original: { containers: [{ ...app, ports: [{ containerPort: 1, protocol: 'TCP' }] }] },
    patch: { containers: [{ name: 'app', ports: [dns, http, { ...dns, protocol: 'TCP', name: 'tcp' }, { $patch: 'replace' }] }] },
    merged: { containers: [{ ...app, ports: [dns, { ...dns, protocol: 'TCP', name: 'tcp' }, http] }] },
  },
  {
    title: 'env by name, ports by containerPort, mounts by mountPath, devices by devicePath',
    original: {
      containers: [
        {
          ...app,
          env: [{ name: 'A', value: '1' }],
          ports: [http],
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
          volumeDevices: [{ name: 'd', devicePath: '/d' }],
        },
      ],
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'd', persistentVolumeClaim: { claimName: 'd' } },
      ],
    },
    patch: {
      containers: [
        {
          name: 'app',
          env: [
            { name: 'B', value: '2' },
            { name: 'A', value: '3' },
          ],
          ports: [{ containerPort: 80, hostPort: 80 }],
          volumeMounts: [{ mountPath: '/v', readOnly: true }],
          volumeDevices: [{ devicePath: '/d', $patch: 'delete' }],
        },
      ],
    },
    merged: {
      containers: [
        {
          ...app,
          env: [
            { name: 'B', value: '2' },
            { name: 'A', value: '3' },
          ],
          ports: [{ ...http, hostPort: 80 }],
          volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true }],
          volumeDevices: [],
        },
      ],
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'd', persistentVolumeClaim: { claimName: 'd' } },
      ],
    },
  },
  {
    title: 'host aliases by ip, spread constraints by topologyKey, gates, claims and pull secrets by name',
    original: {
      hostAliases: [{ ip: '1.1.1.1', hostnames: ['a'] }],
      topologySpreadConstraints: [{ topologyKey: 'zone', maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' }],
      schedulingGates: [{ name: 'example.org/a' }],
      resourceClaims: [{ name: 'gpu', resourceClaimName: 'g' }],
      imagePullSecrets: [{ name: 'a' }],
    },
    patch: {
      hostAliases: [{ ip: '1.1.1.1', hostnames: ['b'] }],
      topologySpreadConstraints: [{ topologyKey: 'zone', maxSkew: 2 }],
      schedulingGates: [{ name: 'example.org/b' }],
      resourceClaims: [{ name: 'gpu', resourceClaimName: null, resourceClaimTemplateName: 't' }],
      imagePullSecrets: [{ name: 'a' }, { name: 'b' }],
    },
    merged: {
      hostAliases: [{ ip: '1.1.1.1', hostnames: ['b'] }],
      topologySpreadConstraints: [{ topologyKey: 'zone', maxSkew: 2, whenUnsatisfiable: 'DoNotSchedule' }],
      schedulingGates: [{ name: 'example.org/b' }, { name: 'example.org/a' }],
      resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 't' }],
      imagePullSecrets: [{ name: 'a' }, { name: 'b' }],
    },
  },
  {
    title: '$setElementOrder moves items that the patch does not touch',
    original: { initContainers: [one, two, three] },
    patch: { '$setElementOrder/initContainers': [{ name: 'three' }, { name: 'two' }, { name: 'one' }] },
    merged: { initContainers: [three, two, one] },
  },
  {
    title: '$setElementOrder, with the items it leaves out where they were',
    original: { initContainers: [one, two, three] },
    patch: {
      '$setElementOrder/initContainers': [{ name: 'three' }, { name: 'new' }, { name: 'one' }],
      initContainers: [create, { name: 'one', tty: true }],
    },
    merged: { initContainers: [two, three, create, { ...one, tty: true }] },
  },
  {
    title: '$setElementOrder beside a deletion',
    original: { initContainers: [one, two, three] },
    patch: {
      '$setElementOrder/initContainers': [{ name: 'three' }, { name: 'one' }],
      initContainers: [{ name: 'two', $patch: 'delete' }],
    },
    merged: { initContainers: [three, one] },
  },
  {
    title: '$setElementOrder beside a deletion and an addition, which takes the place that was freed at the end',
    original: { initContainers: [one, two, three] },
    patch: {
      '$setElementOrder/initContainers': [{ name: 'two' }, { name: 'new' }],
      initContainers: [create, { name: 'one', $patch: 'delete' }],
    },
    merged: { initContainers: [two, three, create] },
  },
  {
    title: '$setElementOrder of a list that is new',
    original: {},
    patch: { '$setElementOrder/initContainers': [{ name: 'x' }, { name: 'one' }, { name: 'two' }], initContainers: [one, two] },
    merged: { initContainers: [one, two] },
  },
  {
    title: '$setElementOrder of a list that is nowhere',
    original: {},
    patch: { '$setElementOrder/initContainers': [{ name: 'x' }] },
    merged: {},
  },
];
