import { expect } from 'vitest';
import type { GoodCase } from './good-case.ts';
import { container, serve, until, variable } from './steps.ts';

const block = (settings: Readonly<Record<string, unknown>>) => [{ 'buildkite-operator': { checkout: { skip: true }, ...settings } }];

/** What the keys of the `buildkite-operator` block do. */
export const operatorCases: readonly GoodCase[] = [
  {
    given: 'an environment and variables',
    shows: ['environment', 'env', 'checkout'],
    step: () => ({
      command: 'busybox | head -n 1; echo "from the $ORIGIN and the $OTHER"',
      plugins: block({ environment: 'kp-environment', env: [{ name: 'OTHER', value: 'block' }] }),
    }),
    log: ['BusyBox v', 'from the environment and the block'],
    pod: pod => expect(pod.spec?.containers.map(({ name }) => name)).toEqual(['agent', 'container-0']),
  },
  {
    given: 'an image, resources, containers before and beside it, and a patch',
    shows: ['image', 'resources', 'initContainers', 'extraContainers', 'podPatch'],
    step: ({ images }) => ({
      command: `${until('/workspace/beside')}; cat /workspace/before /workspace/beside; busybox | head -n 1; hostname`,
      plugins: block({
        image: images.busybox,
        resources: { limits: { memory: '123Mi' } },
        initContainers: [{ name: 'before', image: images.busybox, command: ['sh', '-c', 'echo "came before" >/workspace/before'] }],
        extraContainers: [
          { name: 'beside', image: images.busybox, command: ['sh', '-c', `echo "runs beside" >/workspace/beside; ${serve}`] },
        ],
        podPatch: { hostname: 'kp-operator' },
      }),
    }),
    log: ['came before', 'runs beside', 'BusyBox v', 'kp-operator'],
    pod: pod => expect(container(pod, 'container-0').resources?.limits).toEqual({ memory: '123Mi' }),
  },
  {
    given: 'further containers with commands',
    shows: ['commandContainers'],
    step: ({ images }) => ({
      command: 'echo "main $((1 + 1))" >/workspace/order',
      plugins: block({
        commandContainers: [
          {
            name: 'second',
            image: images.busybox,
            env: [{ name: 'WHICH', value: 'one' }],
            command: 'cat /workspace/order; busybox | head -n 1; echo "third $WHICH" >/workspace/order',
          },
          {
            name: 'third',
            environment: 'kp-environment',
            command: 'sed "s/$/ from the $ORIGIN/" /workspace/order; exit 9',
          },
        ],
      }),
    }),
    log: ['main 2', 'BusyBox v', 'third one from the environment'],
    ends: { state: 'finished', passed: false, exitStatus: 9, endedBy: 'agent' },
  },
  {
    given: 'rules of where it runs, and who it is',
    shows: [
      'jobNodeRequirements',
      'jobNodePreferences',
      'tolerations',
      'nodeSelector',
      'architecture',
      'operatingSystem',
      'topologySpreadConstraints',
      'priorityClassName',
      'runtimeClassName',
      'podLabels',
      'podAnnotations',
      'serviceAccountName',
    ],
    step: ({ node, architecture }) => ({
      command: 'test -s /var/run/secrets/kubernetes.io/serviceaccount/token && echo "token is$(echo " there")"',
      plugins: block({
        jobNodeRequirements: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }],
        jobNodePreferences: [{ weight: 3, requirements: [{ key: 'kp-disk', operator: 'Exists' }] }],
        tolerations: [{ key: 'kp-taint', operator: 'Exists' }],
        nodeSelector: { 'kubernetes.io/hostname': node },
        architecture,
        operatingSystem: 'linux',
        topologySpreadConstraints: [{ maxSkew: 9, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' }],
        priorityClassName: 'kp-class',
        runtimeClassName: 'kp-runc',
        podLabels: { 'kp/team': 'web' },
        podAnnotations: { 'kp/note': 'by the block' },
        serviceAccountName: 'kp-builder',
      }),
    }),
    log: ['token is there'],
    pod({ metadata, spec }, { node, architecture }) {
      expect(metadata).toMatchObject({ labels: { 'kp/team': 'web' }, annotations: { 'kp/note': 'by the block' } });
      expect(spec).toMatchObject({
        nodeSelector: { 'kubernetes.io/hostname': node, 'kubernetes.io/arch': architecture, 'kubernetes.io/os': 'linux' },
        priorityClassName: 'kp-class',
        runtimeClassName: 'kp-runc',
        serviceAccountName: 'kp-builder',
        topologySpreadConstraints: [{ maxSkew: 9, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' }],
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] }],
            },
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 3, preference: { matchExpressions: [{ key: 'kp-disk', operator: 'Exists' }] } },
            ],
          },
        },
      });
      expect(spec?.tolerations).toContainEqual({ key: 'kp-taint', operator: 'Exists' });
    },
  },
  {
    given: 'a timeout',
    shows: ['timeoutSeconds'],
    step: () => ({ command: 'echo "began $((1 + 1))"; sleep 300', plugins: block({ timeoutSeconds: 45 }) }),
    log: ['began 2'],
    ends: { state: 'finished', passed: false, signalReason: 'agent_stop', endedBy: 'agent' },
  },
  {
    given: 'the other times',
    shows: ['pendingTimeoutSeconds', 'ttlSecondsAfterFinished', 'terminationGracePeriodSeconds'],
    step: () => ({
      command: 'echo "grace $BUILDKITE_CANCEL_GRACE_PERIOD"',
      plugins: block({ pendingTimeoutSeconds: 123, ttlSecondsAfterFinished: 3, terminationGracePeriodSeconds: 33 }),
    }),
    pod(pod) {
      expect(pod.spec?.terminationGracePeriodSeconds).toBe(33);
      expect(variable(pod, 'BUILDKITE_CANCEL_GRACE_PERIOD', 'agent')).toBe('33');
      expect(variable(pod, 'BUILDKITE_KUBERNETES_CONTAINER_START_TIMEOUT', 'agent')).toBe('123s');
    },
    buildJob: { ttlSecondsAfterFinished: 3 },
  },
  {
    given: 'parts that are not installed yet, which are kept',
    shows: ['repoMirror', 'logExporter', 'artifactExporter', 'metricsExporter'],
    step: () => ({
      command: 'echo "ran $((1 + 1))"',
      plugins: block({
        repoMirror: { mode: 'dissociate' },
        logExporter: { enabled: false },
        artifactExporter: { settings: { bucket: 'kp' } },
        metricsExporter: { enabled: true },
      }),
    }),
    log: ['ran 2'],
    buildJob: {
      repoMirror: { mode: 'dissociate' },
      logExporter: { enabled: false },
      artifactExporter: { settings: { bucket: 'kp' } },
      metricsExporter: { enabled: true },
    },
  },
];
