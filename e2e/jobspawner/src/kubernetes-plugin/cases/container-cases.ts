import { expect } from 'vitest';
import type { GoodCase } from './good-case.ts';
import { container, kubernetes, serve } from './steps.ts';

const commandKeys = (...names: readonly string[]) => names.map(name => `podSpec.containers[].${name}`);
const otherKeys = (...names: readonly string[]) => names.map(name => `podSpec.initContainers[].${name}`);

const touch = (file: string) => ({ exec: { command: ['touch', file] } });

/** Fields of containers: the command's, init containers and sidecars. */
export const containerCases: readonly GoodCase[] = [
  {
    given: 'a container with a name, an image, a command and variables of its own',
    shows: commandKeys('args', 'command', 'env', 'image', 'name'),
    step: ({ images }) => ({
      command: 'false',
      plugins: kubernetes({
        podSpec: {
          containers: [
            {
              name: 'main',
              image: images.busybox,
              command: ['busybox | head -n 1', 'echo "where: $WHERE, limit: $LIMIT"', "printf '<%s>'"],
              args: ['a b', "c'd"],
              env: [
                { name: 'WHERE', value: 'the podSpec' },
                { name: 'LIMIT', valueFrom: { resourceFieldRef: { containerName: 'main', resource: 'limits.memory' } } },
              ],
              resources: { limits: { memory: '256Mi' } },
            },
          ],
        },
        podSpecPatch: { containers: [{ name: 'main', env: [{ name: 'WHERE', value: 'the patch' }] }] },
      }),
    }),
    log: ['BusyBox v', 'where: the patch, limit: 268435456', "<a b><c'd>"],
  },
  {
    given: 'a container with everything else that a container may have',
    shows: commandKeys(
      'envFrom',
      'imagePullPolicy',
      'lifecycle',
      'livenessProbe',
      'ports',
      'readinessProbe',
      'resizePolicy',
      'securityContext',
      'startupProbe',
      'terminationMessagePath',
      'terminationMessagePolicy',
      'volumeMounts',
      'workingDir',
    ),
    step: ({ images }) => ({
      command: [
        'until [ -e /workspace/started-up ] && [ -e /workspace/alive ] && [ -e /workspace/ready ]; do sleep 0.2; done',
        'ls /workspace/after-start',
        'echo "the $SECRET_WORD, user $(id -u) in $PWD, $(cat /kept/SETTING_WORD)"',
        'echo these were the last words >/tmp/words',
      ].join('\n'),
      plugins: kubernetes({
        podSpec: {
          containers: [
            {
              image: images.busybox,
              envFrom: [{ secretRef: { name: 'kp-values' } }],
              imagePullPolicy: 'Always',
              lifecycle: { postStart: touch('/workspace/after-start') },
              livenessProbe: { ...touch('/workspace/alive'), periodSeconds: 1 },
              ports: [{ name: 'web', containerPort: 8080 }],
              readinessProbe: { ...touch('/workspace/ready'), periodSeconds: 1 },
              resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }],
              resources: { requests: { cpu: '10m' } },
              securityContext: { runAsUser: 1000 },
              startupProbe: { ...touch('/workspace/started-up'), periodSeconds: 1 },
              terminationMessagePath: '/tmp/words',
              terminationMessagePolicy: 'File',
              volumeMounts: [{ name: 'kept', mountPath: '/kept', readOnly: true }],
              workingDir: '/tmp',
            },
          ],
          volumes: [{ name: 'kept', configMap: { name: 'kp-settings' } }],
        },
      }),
    }),
    log: ['/workspace/after-start', 'the sesame, user 1000 in /workspace/build, as set'],
    notices: ['kubernetes.podSpec.containers[0].workingDir has no effect'],
    pod(pod) {
      expect(container(pod, 'container-0')).toMatchObject({
        imagePullPolicy: 'Always',
        ports: [{ name: 'web', containerPort: 8080 }],
        terminationMessagePath: '/tmp/words',
        terminationMessagePolicy: 'File',
      });
      expect(container(pod, 'container-0').resizePolicy).toContainEqual({ resourceName: 'cpu', restartPolicy: 'NotRequired' });
    },
    ended({ status }) {
      const main = status?.containerStatuses?.find(({ name }) => name === 'container-0');
      expect(main?.state?.terminated?.message).toBe('these were the last words\n');
    },
  },
  {
    given: 'containers with a terminal and an open input',
    shows: [...commandKeys('stdin', 'stdinOnce', 'tty'), ...otherKeys('stdin', 'stdinOnce', 'tty')],
    step: ({ images }) => {
      const terminal = { stdin: true, stdinOnce: true, tty: true };
      return {
        command: 'cat /workspace/terminal',
        plugins: kubernetes({
          podSpec: {
            containers: [{ image: images.busybox, ...terminal }],
            initContainers: [{ name: 'terminal', image: images.busybox, command: ['sh', '-c', 'tty >/workspace/terminal'], ...terminal }],
          },
        }),
      };
    },
    log: ['/dev/'],
    pod(pod) {
      for (const name of ['container-0', 'terminal'])
        expect(container(pod, name)).toMatchObject({ stdin: true, stdinOnce: true, tty: true });
    },
  },
  {
    given: 'an init container and a sidecar among the init containers',
    shows: [
      'podSpec.initContainers',
      ...otherKeys(
        'args',
        'command',
        'env',
        'envFrom',
        'image',
        'imagePullPolicy',
        'lifecycle',
        'livenessProbe',
        'name',
        'ports',
        'readinessProbe',
        'resizePolicy',
        'resources',
        'restartPolicy',
        'securityContext',
        'startupProbe',
        'terminationMessagePath',
        'terminationMessagePolicy',
        'volumeMounts',
        'workingDir',
      ),
    ],
    step: ({ images }) => ({
      command: [
        'until [ -e /workspace/alive ] && [ -e /workspace/ready ]; do sleep 0.2; done',
        'ls /workspace/after-start /workspace/started-up',
        'cat /workspace/before',
      ].join('\n'),
      plugins: kubernetes({
        podSpec: {
          initContainers: [
            {
              name: 'beside',
              image: images.busybox,
              restartPolicy: 'Always',
              command: ['sh', '-c', serve],
              lifecycle: { postStart: touch('/workspace/after-start') },
              livenessProbe: { ...touch('/workspace/alive'), periodSeconds: 1 },
              ports: [{ name: 'web', containerPort: 8081 }],
              readinessProbe: { ...touch('/workspace/ready'), periodSeconds: 1 },
              resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }],
              resources: { requests: { cpu: '10m' } },
              startupProbe: { ...touch('/workspace/started-up'), periodSeconds: 1 },
            },
            {
              name: 'before',
              image: images.busybox,
              imagePullPolicy: 'IfNotPresent',
              // The sidecar before it in the list has started when it runs.
              command: [
                'sh',
                '-c',
                'ls /workspace/started-up; echo "$0, $PLAIN, the $SECRET_WORD, user $(id -u) in $(pwd), $(cat /kept/SETTING_WORD)" >/workspace/before; echo was here >/tmp/words',
              ],
              args: ['an argument'],
              env: [{ name: 'PLAIN', value: 'a variable' }],
              envFrom: [{ secretRef: { name: 'kp-values' } }],
              resources: { limits: { memory: '64Mi' } },
              securityContext: { runAsUser: 1000 },
              terminationMessagePath: '/tmp/words',
              terminationMessagePolicy: 'File',
              volumeMounts: [{ name: 'kept', mountPath: '/kept' }],
              workingDir: '/proc',
            },
          ],
          volumes: [{ name: 'kept', configMap: { name: 'kp-settings' } }],
        },
      }),
    }),
    log: ['an argument, a variable, the sesame, user 1000 in /proc, as set', '/workspace/started-up'],
    pod(pod) {
      expect(container(pod, 'before')).toMatchObject({ imagePullPolicy: 'IfNotPresent', resources: { limits: { memory: '64Mi' } } });
      expect(container(pod, 'beside')).toMatchObject({ restartPolicy: 'Always', ports: [{ name: 'web', containerPort: 8081 }] });
      expect(container(pod, 'beside').resizePolicy).toContainEqual({ resourceName: 'cpu', restartPolicy: 'NotRequired' });
    },
    ended({ status }) {
      const before = status?.initContainerStatuses?.find(({ name }) => name === 'before');
      expect(before?.state?.terminated?.message).toBe('was here\n');
    },
  },
  {
    given: 'containers with a block device that nobody provides',
    shows: [...commandKeys('volumeDevices'), ...otherKeys('volumeDevices')],
    step: ({ images }) => ({
      command: 'true',
      plugins: kubernetes({
        podSpec: {
          containers: [{ image: images.busybox, volumeDevices: [{ name: 'disk', devicePath: '/dev/kp-disk' }] }],
          initContainers: [
            { name: 'format', image: images.busybox, command: ['true'], volumeDevices: [{ name: 'disk', devicePath: '/dev/kp-disk' }] },
          ],
          volumes: [{ name: 'disk', persistentVolumeClaim: { claimName: 'kp-block' } }],
        },
      }),
    }),
    pod(pod) {
      for (const name of ['container-0', 'format'])
        expect(container(pod, name).volumeDevices).toEqual([{ name: 'disk', devicePath: '/dev/kp-disk' }]);
    },
    ends: { state: 'canceled' },
    async meanwhile({ session }, job) {
      await session.podWatch.waitFor(
        job.id,
        'without its disk',
        ({ status }) => status?.conditions?.some(({ message = '' }) => message.includes('PersistentVolumeClaim')) === true,
      );
      await session.simulator.cancelJob(job.id);
    },
  },
];
