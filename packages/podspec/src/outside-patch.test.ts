import type { BuildJobSpec } from '@buildkite-operator/crds';
import { describe, expect, it } from 'vitest';
import { patchWithoutAgent } from './outside-patch.ts';
import { renderPod } from './render-pod.ts';
import { podDefaults, renderRefusal, sampleJob, sampleJobId } from './testing/index.ts';
import { containerOf, variablesOf } from './testing/pod-containers.ts';

type Patch = Record<string, unknown>;

const patched = (podPatch: Patch, more: Partial<BuildJobSpec> = {}) => {
  const buildkite = { jobId: sampleJobId, outsideAgent: { environmentSecret: 'job-environment' } };
  return renderPod(sampleJob({ buildkite, command: 'make', podPatch, ...more }), new Map(), podDefaults).spec;
};
const container = (name: string, parts: Patch): Patch => ({ containers: [{ name, ...parts }] });
const initContainer = (name: string, parts: Patch): Patch => ({ initContainers: [{ name, ...parts }] });

describe('a patch of a pod without an agent', () => {
  it.each([container, initContainer])('reaches the checkout by whichever list', list => {
    const spec = patched(list('checkout', { env: [{ name: 'GIT_TRACE', value: '1' }] }));
    expect(variablesOf(containerOf(spec, 'checkout'))['GIT_TRACE']).toBe('1');
    expect(spec?.containers.map(({ name }) => name)).toStrictEqual(['container-0']);
  });

  it('has nothing to do where it is about the resources of the agent', () => {
    expect(patched(container('agent', { resources: { limits: { memory: '1Gi' } } }))).toStrictEqual(patched({}));
  });

  it('reaches the command', () => {
    const resources = { limits: { memory: '1Gi' } };
    expect(containerOf(patched(container('container-0', { resources })), 'container-0').resources).toStrictEqual(resources);
  });

  it.each<[string, Patch, string]>([
    ['removes the set-up', initContainer('copy-agent', { $patch: 'delete' }), 'initContainers'],
    ['removes the checkout', container('checkout', { $patch: 'delete' }), 'initContainers'],
    ['removes the command', container('container-0', { $patch: 'delete' }), 'containers'],
    ['changes what the set-up runs', initContainer('copy-agent', { command: ['true'] }), 'initContainers[copy-agent].command'],
    ['changes what the checkout runs', container('checkout', { command: ['true'] }), 'initContainers[checkout].command'],
    ['keeps the checkout running', container('checkout', { restartPolicy: 'Always' }), 'initContainers[checkout].restartPolicy'],
    ['changes what the command runs', container('container-0', { args: ['true'] }), 'containers[container-0].args'],
    [
      'replaces the command',
      container('container-0', { env: [{ name: 'BUILDKITE_COMMAND', value: 'true' }] }),
      'containers[container-0].env[BUILDKITE_COMMAND]',
    ],
    ['takes the environment from the checkout', container('checkout', { envFrom: null }), 'initContainers[checkout].envFrom'],
    [
      'has another environment for the command',
      container('container-0', { envFrom: [{ secretRef: { name: 'of-another-job' } }] }),
      'containers[container-0].envFrom',
    ],
    ['brings an agent', container('agent', { image: 'x' }), 'containers[agent]'],
    ['brings an agent before all others', initContainer('agent', { image: 'x' }), 'initContainers[agent]'],
    ['brings the volume of the token', { volumes: [{ name: 'agent-token', emptyDir: {} }] }, 'volumes[agent-token]'],
    ['brings the hooks of an agent', { volumes: [{ name: 'agent-hooks', emptyDir: {} }] }, 'volumes[agent-hooks]'],
  ])('is refused where it %s', (_title, podPatch, field) => {
    expect(renderRefusal(() => patched(podPatch))).toMatchObject({ code: 'PatchRefused', field: `spec.podPatch.${field}` });
  });

  it('is refused where it brings the checkout that the job skips', () => {
    const refusal = renderRefusal(() => patched(initContainer('checkout', { image: 'git' }), { checkout: { skip: true } }));
    expect(refusal).toMatchObject({ code: 'PatchRefused', field: 'spec.podPatch.initContainers[checkout]' });
  });

  it.each(['shareProcessNamespace', 'hostPID'])('does not show the processes that have tokens: %s', part => {
    expect(renderRefusal(() => patched({ [part]: true }))).toMatchObject({ code: 'TokenExposed', field: `spec.podPatch.${part}` });
  });

  it('does not show the agent token, and the refusal names the place that the patch has it in', () => {
    const variable = { name: 'T', valueFrom: { secretKeyRef: { name: podDefaults.agentTokenSecret.name, key: 'k' } } };
    expect(renderRefusal(() => patched(container('checkout', { env: [variable] })))).toMatchObject({
      code: 'TokenExposed',
      field: 'spec.podPatch.containers[0].env[0]',
    });
  });

  it.each<Patch>([
    {},
    { containers: null },
    { containers: 'x', initContainers: [] },
    { containers: [], initContainers: null },
    { containers: [1, null, {}] },
  ])('that says nothing of checkout and agent stays as it is: %j', patch => {
    expect(patchWithoutAgent(patch)).toStrictEqual(patch);
  });
});
