import { expect } from 'vitest';
import type { GoodCase } from './good-case.ts';
import { container, kubernetes } from './steps.ts';

const keys = (...names: readonly string[]) => names.map(name => `podSpec.${name}`);

/** The fields of `podSpec`, but for its containers. */
export const podSpecCases: readonly GoodCase[] = [
  {
    given: 'a podSpec that says where the pod runs',
    shows: keys(
      'affinity',
      'nodeSelector',
      'os',
      'overhead',
      'preemptionPolicy',
      'priority',
      'priorityClassName',
      'runtimeClassName',
      'tolerations',
      'topologySpreadConstraints',
    ),
    step: ({ node }) => ({
      command: 'echo "on $BUILDKITE_AGENT_META_DATA_K8S_NODE"; cat /proc/version',
      plugins: kubernetes({
        podSpec: {
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] }],
              },
            },
          },
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          os: { name: 'linux' },
          overhead: { cpu: '10m', memory: '8Mi' },
          preemptionPolicy: 'Never',
          priority: 7,
          priorityClassName: 'kp-class',
          runtimeClassName: 'kp-runc',
          tolerations: [{ key: 'kp-taint', operator: 'Exists' }],
          topologySpreadConstraints: [{ maxSkew: 9, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' }],
        },
      }),
    }),
    log: ['Linux version'],
    pod({ spec }) {
      expect(spec).toMatchObject({
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        os: { name: 'linux' },
        overhead: { cpu: '10m', memory: '8Mi' },
        preemptionPolicy: 'Never',
        priority: 7,
        priorityClassName: 'kp-class',
        runtimeClassName: 'kp-runc',
        topologySpreadConstraints: [{ maxSkew: 9, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' }],
      });
      expect(spec?.tolerations).toContainEqual({ key: 'kp-taint', operator: 'Exists' });
      expect(JSON.stringify(spec?.affinity)).toContain('kubernetes.io/hostname');
    },
    ended: ({ spec }) => expect(spec?.nodeName).toBe('node-1'),
  },
  {
    given: 'a podSpec that says who the pod is',
    shows: keys(
      'automountServiceAccountToken',
      'containers',
      'dnsConfig',
      'dnsPolicy',
      'enableServiceLinks',
      'hostAliases',
      'hostname',
      'imagePullSecrets',
      'readinessGates',
      'restartPolicy',
      'securityContext',
      'serviceAccount',
      'serviceAccountName',
      'setHostnameAsFQDN',
      'subdomain',
      'terminationGracePeriodSeconds',
      'volumes',
    ).concat('podSpec'),
    step: ({ images }) => ({
      command: [
        'echo "I am $(hostname), user $(id -u) of group $(id -G)"',
        'grep made-up /etc/hosts',
        'cat /etc/resolv.conf',
        'test -s /var/run/secrets/kubernetes.io/serviceaccount/token && echo "token is$(echo " there")"',
        'env | grep -c SERVICE_HOST | sed "s/[1-9].*/services are linked/"',
        'ls /notes',
      ].join('\n'),
      plugins: kubernetes({
        podSpec: {
          automountServiceAccountToken: true,
          containers: [{ image: images.busybox, volumeMounts: [{ name: 'notes', mountPath: '/notes' }] }],
          dnsConfig: { nameservers: ['192.0.2.53'], searches: ['kp.example'] },
          dnsPolicy: 'None',
          enableServiceLinks: true,
          hostAliases: [{ ip: '192.0.2.7', hostnames: ['made-up.example'] }],
          hostname: 'kp-host',
          imagePullSecrets: [{ name: 'kp-registry' }],
          readinessGates: [{ conditionType: 'kp.example/ready' }],
          restartPolicy: 'OnFailure',
          securityContext: { runAsUser: 1000, supplementalGroups: [4321] },
          serviceAccount: 'kp-builder',
          serviceAccountName: 'kp-builder',
          setHostnameAsFQDN: true,
          subdomain: 'kp-sub',
          terminationGracePeriodSeconds: 22,
          volumes: [{ name: 'notes', configMap: { name: 'kp-settings' } }],
        },
      }),
    }),
    log: [
      'I am kp-host.kp-sub.',
      'user 1000 of group 1000 4321',
      '192.0.2.7',
      'nameserver 192.0.2.53',
      'search kp.example',
      'token is there',
      'services are linked',
      'SETTING_WORD',
    ],
    notices: ['kubernetes.podSpec.restartPolicy has no effect'],
    pod({ spec }) {
      expect(spec).toMatchObject({
        restartPolicy: 'Never',
        imagePullSecrets: [{ name: 'kp-registry' }],
        readinessGates: [{ conditionType: 'kp.example/ready' }],
        serviceAccountName: 'kp-builder',
        terminationGracePeriodSeconds: 22,
      });
    },
  },
  {
    given: 'a podSpec that shares the network and the messages of a node',
    shows: keys('hostIPC', 'hostNetwork', 'hostPID', 'hostUsers', 'nodeName', 'shareProcessNamespace'),
    step: ({ node }) => ({
      command: 'echo "ran $((1 + 1))"',
      plugins: kubernetes({
        podSpec: {
          hostIPC: true,
          hostNetwork: true,
          hostUsers: true,
          // Both would open the agent's files to the command: true is refused.
          hostPID: false,
          shareProcessNamespace: false,
          nodeName: node,
          dnsPolicy: 'ClusterFirstWithHostNet',
        },
      }),
    }),
    log: ['ran 2'],
    pod: ({ spec }, { node }) => expect(spec).toMatchObject({ hostIPC: true, hostNetwork: true, hostUsers: true, nodeName: node }),
    ended: ({ status }) => expect(status?.podIP).toBe(status?.hostIP),
  },
  {
    given: 'a podSpec with claims, a size of its own and another host name',
    shows: [...keys('hostnameOverride', 'resourceClaims', 'resources'), 'podSpec.containers[].resources'],
    step: ({ images }) => ({
      command: 'echo "I am $(hostname)"',
      plugins: kubernetes({
        podSpec: {
          hostnameOverride: 'kp-other',
          resourceClaims: [{ name: 'claimed', resourceClaimName: 'kp-claim' }],
          resources: { limits: { memory: '700Mi' } },
          containers: [{ image: images.busybox, resources: { claims: [{ name: 'claimed' }], limits: { memory: '300Mi' } } }],
        },
      }),
    }),
    log: ['I am kp-other'],
    pod(pod) {
      expect(pod.spec).toMatchObject({ resourceClaims: [{ name: 'claimed', resourceClaimName: 'kp-claim' }] });
      expect(pod.spec?.resources?.limits).toEqual({ memory: '700Mi' });
      expect(container(pod, 'container-0').resources).toMatchObject({ claims: [{ name: 'claimed' }], limits: { memory: '300Mi' } });
    },
  },
  {
    // Kubernetes 1.35 does not know the field yet, and says so.
    given: 'a podSpec with a scheduling group',
    shows: keys('schedulingGroup'),
    step: () => ({ command: 'true', plugins: kubernetes({ podSpec: { schedulingGroup: { podGroupName: 'kp-group' } } }) }),
    pod: ({ spec }) => expect(spec).toMatchObject({ schedulingGroup: { podGroupName: 'kp-group' } }),
    ends: { passed: false, signalReason: 'stack_error', endedBy: 'stack' },
    says: ['schedulingGroup'],
  },
  {
    given: 'a podSpec with a gate and a scheduler of its own',
    shows: keys('schedulerName', 'schedulingGates'),
    step: () => ({
      command: 'echo "started $((6 * 7))"',
      plugins: kubernetes({ podSpec: { schedulerName: 'kp-scheduler', schedulingGates: [{ name: 'kp.example/wait' }] } }),
    }),
    log: ['started 42'],
    pod: ({ spec }) => expect(spec?.schedulerName).toBe('kp-scheduler'),
    async meanwhile({ session }, job, { node }) {
      const { kubectl, info, podWatch } = session;
      const { metadata } = await podWatch.waitFor(
        job.id,
        'gated',
        ({ status }) => status?.conditions?.some(({ reason }) => reason === 'SchedulingGated') === true,
      );
      await kubectl(['patch', 'pod', metadata.name, '-n', info.namespace, '--type=merge', '-p', '{"spec":{"schedulingGates":[]}}']);
      const binding = {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: metadata.name },
        target: { apiVersion: 'v1', kind: 'Node', name: node },
      };
      await kubectl(['create', '--raw', `/api/v1/namespaces/${info.namespace}/pods/${metadata.name}/binding`, '-f', '-'], {
        input: JSON.stringify(binding),
      });
    },
  },
];
