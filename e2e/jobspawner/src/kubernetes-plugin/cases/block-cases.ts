import { expect } from 'vitest';
import type { GoodCase } from './good-case.ts';
import { container, kubernetes, serve, until, variable, withCheckout } from './steps.ts';

const timedOut = { state: 'finished', passed: false, signalReason: 'agent_stop', endedBy: 'agent' } as const;

/** The keys of the block itself, but for `podSpec` and `checkout`. */
export const blockCases: readonly GoodCase[] = [
  {
    given: 'a PodTemplate by name',
    shows: ['podTemplate'],
    step: () => ({ command: 'echo "from the $ORIGIN"; busybox | head -n 1', plugins: kubernetes({ podTemplate: 'kp-template' }) }),
    log: ['from the template', 'BusyBox v'],
    pod: pod => expect(pod.spec?.terminationGracePeriodSeconds).toBe(25),
  },
  {
    given: 'a podSpecPatch by the names of containers',
    shows: ['podSpecPatch'],
    step: ({ repository }) => ({
      command: 'echo "patched: $PATCHED"',
      repository: repository.url,
      plugins: withCheckout({
        podSpecPatch: {
          hostname: 'kp-patched',
          containers: [
            { name: 'container-0', env: [{ name: 'PATCHED', value: 'yes' }], resources: { requests: { memory: '11Mi' } } },
            { name: 'checkout', env: [{ name: 'CHECKOUT_WORD', value: 'from the patch' }], resources: { requests: { memory: '12Mi' } } },
            { name: 'agent', resources: { requests: { memory: '13Mi' } } },
          ],
        },
      }),
    }),
    log: ['patched: yes', 'post-checkout has nothing, from the patch'],
    pod(pod) {
      expect(pod.spec?.hostname).toBe('kp-patched');
      const memory = ['container-0', 'checkout', 'agent'].map(name => container(pod, name).resources?.requests?.['memory']);
      expect(memory).toEqual(['11Mi', '12Mi', '13Mi']);
    },
  },
  {
    given: 'sidecars, with variables and mounts for all of them',
    shows: ['sidecars', 'sidecarParams', 'sidecarParams.envFrom', 'sidecarParams.extraVolumeMounts'],
    step: ({ images }) => ({
      command: `${until('/side/word')}; echo "beside: $(cat /side/word), here: \${SECRET_WORD:-nothing}"`,
      plugins: kubernetes({
        podSpec: {
          containers: [{ image: images.dash, volumeMounts: [{ name: 'side', mountPath: '/side' }] }],
          volumes: [{ name: 'side', emptyDir: {} }],
        },
        sidecars: [{ image: images.busybox, command: ['sh', '-c', `echo "the $SECRET_WORD" >/beside/word; ${serve}`] }],
        sidecarParams: {
          envFrom: [{ secretRef: { name: 'kp-values' } }],
          extraVolumeMounts: [{ name: 'side', mountPath: '/beside' }],
        },
      }),
    }),
    log: ['beside: the sesame, here: nothing'],
    pod: pod => expect(container(pod, 'sidecar-0').restartPolicy).toBe('Always'),
  },
  {
    given: 'labels and annotations',
    shows: ['metadata', 'metadata.labels', 'metadata.annotations'],
    step: () => ({
      command: 'cat /facts/labels /facts/annotations',
      plugins: kubernetes({
        metadata: { labels: { 'kp/team': 'web' }, annotations: { 'kp/note': 'made by hand' } },
        podSpec: {
          containers: [{ volumeMounts: [{ name: 'facts', mountPath: '/facts' }] }],
          volumes: [
            {
              name: 'facts',
              downwardAPI: {
                items: ['labels', 'annotations'].map(path => ({ path, fieldRef: { fieldPath: `metadata.${path}` } })),
              },
            },
          ],
        },
      }),
    }),
    log: ['kp/team="web"', 'kp/note="made by hand"'],
    pod: ({ metadata }) => {
      expect(metadata?.labels).toMatchObject({ 'kp/team': 'web' });
      expect(metadata?.annotations).toMatchObject({ 'kp/note': 'made by hand' });
    },
  },
  {
    given: 'mounts and git variables for all containers',
    shows: ['extraVolumeMounts', 'gitEnvFrom'],
    step: ({ images, repository }) => ({
      command: `${until('/common/by-sidecar')}; echo "sidecar: $(cat /common/by-sidecar), checkout: $(cat /common/by-checkout), command: $GIT_WORD"`,
      repository: repository.url,
      plugins: withCheckout({
        podSpec: { volumes: [{ name: 'common', emptyDir: {} }] },
        extraVolumeMounts: [{ name: 'common', mountPath: '/common' }],
        gitEnvFrom: [{ secretRef: { name: 'kp-git' } }],
        sidecars: [{ name: 'side', image: images.busybox, command: ['sh', '-c', `echo "$GIT_WORD" >/common/by-sidecar; ${serve}`] }],
      }),
    }),
    log: ['post-checkout has the git word, nothing', 'sidecar: the git word, checkout: the git word, command: the git word'],
    // The agent holds the token: it gets neither.
    pod: pod => expect(JSON.stringify(container(pod, 'agent'))).not.toMatch(/"(common|kp-git)"/),
  },
  {
    given: 'variables and mounts for the command',
    shows: ['commandParams', 'commandParams.envFrom', 'commandParams.extraVolumeMounts'],
    step: () => ({
      command: 'echo "the $SECRET_WORD, $(cat /settings/SETTING_WORD)"',
      plugins: kubernetes({
        podSpec: { volumes: [{ name: 'settings', configMap: { name: 'kp-settings' } }] },
        commandParams: {
          envFrom: [{ secretRef: { name: 'kp-values' } }],
          extraVolumeMounts: [{ name: 'settings', mountPath: '/settings' }],
        },
      }),
    }),
    log: ['the sesame, as set'],
  },
  interposed('buildkite', "echo 'a b'\nls 'x y'", { exitStatus: 2, output: 'x y' }),
  interposed('vector', String.raw`'echo '\''a b'\' ls 'x y'`, { exitStatus: 127, output: 'not found' }),
  interposed('legacy', "echo 'a b' ls x y", { exitStatus: 0, output: 'a b ls x y' }),
  {
    given: 'a deadline',
    shows: ['jobActiveDeadlineSeconds'],
    step: () => ({ command: 'echo "began $((1 + 1))"; sleep 300', plugins: kubernetes({ jobActiveDeadlineSeconds: 20 }) }),
    log: ['began 2'],
    ends: timedOut,
  },
  {
    given: 'two deadlines, of which the shorter counts',
    shows: ['podSpec.activeDeadlineSeconds'],
    step: () => ({
      command: 'echo "began $((1 + 1))"; sleep 300',
      plugins: kubernetes({ jobActiveDeadlineSeconds: 600, podSpec: { activeDeadlineSeconds: 20 } }),
    }),
    log: ['began 2'],
    ends: timedOut,
  },
];

/** What the official controller makes of the same lists, byte for byte. */
function interposed(interposer: string, command: string, { exitStatus, output }: { exitStatus: number; output: string }): GoodCase {
  return {
    given: `the interposer ${interposer}`,
    shows: ['commandParams.interposer'],
    step: ({ images }) => ({
      command: 'false',
      plugins: kubernetes({
        podSpec: { containers: [{ image: images.dash, command: ["echo 'a b'", 'ls'], args: ['x y'] }] },
        commandParams: { interposer },
      }),
    }),
    pod(pod) {
      expect(variable(pod, 'BUILDKITE_COMMAND')).toBe(command);
    },
    log: [output],
    ends: { passed: exitStatus === 0, exitStatus },
  };
}
