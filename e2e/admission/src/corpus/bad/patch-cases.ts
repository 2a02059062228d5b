import { job } from '../corpus-object.ts';
import { bad } from './bad-case.ts';

const patch = (podPatch: object) => job({ podPatch });
const container = (name: string, parts: object) => patch({ containers: [{ name, ...parts }] });
const setup = (parts: object) => patch({ initContainers: [{ name: 'copy-agent', ...parts }] });
const at = 'spec.podPatch';
const hook = { exec: { command: ['/bin/sh', '-c', 'true'] } };

/** Patches of what is the operator's own, and patches that are none. */
export const patchCases = [
  bad('another command for the agent', container('agent', { command: ['sleep', 'infinity'] }), [
    `${at}.containers[agent].command`,
    'belongs to the operator',
  ]),
  bad('other arguments for the agent', container('agent', { args: ['--help'] }), [
    `${at}.containers[agent].args`,
    'belongs to the operator',
  ]),
  bad('another image for the agent', container('agent', { image: 'evil.example.com/agent' }), [
    `${at}.containers[agent].image`,
    'belongs to the operator',
  ]),
  bad('a hook in the agent', container('agent', { lifecycle: { postStart: hook } }), [
    `${at}.containers[agent].lifecycle`,
    'belongs to the operator',
  ]),
  bad('a probe in the agent', container('agent', { startupProbe: hook }), [
    `${at}.containers[agent].startupProbe`,
    'belongs to the operator',
  ]),
  bad('another API for the agent', container('agent', { env: [{ name: 'BUILDKITE_AGENT_ENDPOINT', value: 'https://evil.example.com' }] }), [
    `${at}.containers[agent].env`,
    'belongs to the operator',
  ]),
  bad('bulk variables for the agent', container('agent', { envFrom: [{ configMapRef: { name: 'evil' } }] }), [
    `${at}.containers[agent].envFrom`,
  ]),
  bad('another folder for the agent', container('agent', { workingDir: '/workspace' }), [`${at}.containers[agent].workingDir`]),
  bad('a mount more for the agent', container('agent', { volumeMounts: [{ name: 'workspace', mountPath: '/usr/bin' }] }), [
    `${at}.containers[agent].volumeMounts`,
  ]),
  bad('a mount less for the agent', container('agent', { volumeMounts: [{ mountPath: '/workspace/hooks', $patch: 'delete' }] }), [
    `${at}.containers[agent].volumeMounts`,
  ]),
  bad('no agent', container('agent', { $patch: 'delete' }), [`${at}.containers`, 'agent', 'cannot be removed']),
  bad('no checkout', container('checkout', { $patch: 'delete' }), [`${at}.containers`, 'checkout', 'cannot be removed']),
  bad('no command', container('container-0', { $patch: 'delete' }), [`${at}.containers`, 'container-0', 'cannot be removed']),
  bad('another command for the checkout', container('checkout', { command: ['true'] }), [`${at}.containers[checkout].command`]),
  bad('another image for the checkout', container('checkout', { image: 'git' }), [`${at}.containers[checkout].image`]),
  bad(
    "another of the checkout's own variables",
    container('checkout', { env: [{ name: 'BUILDKITE_BOOTSTRAP_PHASES', value: 'command' }] }),
    [`${at}.containers[checkout].env[BUILDKITE_BOOTSTRAP_PHASES]`, 'leave it out'],
  ),
  bad('another command for the command', container('container-0', { command: ['make'] }), [
    `${at}.containers[container-0].command`,
    'spec.command',
  ]),
  bad('other arguments for the command', container('container-0', { args: [] }), [`${at}.containers[container-0].args`, 'spec.command']),
  bad('another folder for the command', container('container-0', { workingDir: '/' }), [`${at}.containers[container-0].workingDir`]),
  bad("another of the command's own variables", container('container-0', { env: [{ name: 'BUILDKITE_COMMAND', value: 'true' }] }), [
    `${at}.containers[container-0].env[BUILDKITE_COMMAND]`,
    'leave it out',
  ]),
  bad('a command that starts again', container('container-0', { restartPolicyRules: [{ action: 'Restart' }] }), [
    `${at}.containers[container-0].restartPolicyRules`,
  ]),
  bad('no workspace for the command', container('container-0', { volumeMounts: [{ mountPath: '/workspace', $patch: 'delete' }] }), [
    `${at}.containers[container-0].volumeMounts[/workspace]`,
    'belongs to the operator',
  ]),
  bad('another command for the set-up', setup({ command: ['true'] }), [`${at}.initContainers[copy-agent].command`]),
  bad('another image for the set-up', setup({ image: 'busybox' }), [`${at}.initContainers[copy-agent].image`]),
  bad('a set-up that is a sidecar', setup({ restartPolicy: 'Always' }), [`${at}.initContainers[copy-agent].restartPolicy`]),
  bad('no set-up', setup({ $patch: 'delete' }), [`${at}.initContainers`, 'copy-agent', 'cannot be removed']),
  bad('less grace than the agent has', patch({ terminationGracePeriodSeconds: 1 }), [
    `${at}.terminationGracePeriodSeconds`,
    '1',
    'spec.terminationGracePeriodSeconds',
  ]),
  bad('a pod that runs again', patch({ restartPolicy: 'OnFailure' }), [`${at}.restartPolicy`, 'OnFailure', 'leave it out']),
  bad('a pod without containers', patch({ containers: null }), [`${at}.containers`]),
  bad(
    'a pod with containers of another kind',
    patch({ $patch: 'replace', containers: [] }),
    [`${at}.initContainers`, 'a pod needs it'],
    [`${at}.volumes`, 'a pod needs it'],
  ),
  bad('another token', patch({ volumes: [{ name: 'agent-token', secret: { secretName: 'another' } }] }), [
    `${at}.volumes[agent-token]`,
    'leave it out',
  ]),
  bad('no token', patch({ volumes: [{ name: 'agent-token', $patch: 'delete' }] }), [`${at}.volumes[agent-token]`, 'leave it out']),
  bad('hooks for the agent', patch({ volumes: [{ name: 'agent-hooks', emptyDir: null, configMap: { name: 'hooks' } }] }), [
    `${at}.volumes[agent-hooks]`,
    'leave it out',
  ]),
  bad('a container of a name that is taken', patch({ initContainers: [{ name: 'container-0', image: 'busybox' }] }), [
    `${at}.containers[container-0]`,
    'another name',
  ]),
  bad('a list that is none', patch({ containers: 'all' }), [`${at}.containers`]),
  bad('an entry without its name', patch({ containers: [{ image: 'busybox' }] }), [`${at}.containers[0].name`, 'give the item a "name"']),
  bad('a directive that there is not', patch({ containers: [{ name: 'container-0', $patch: 'remove' }] }), [
    `${at}.containers[0].$patch`,
    'remove',
  ]),
];
