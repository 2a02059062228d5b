import { describe, expect, it } from 'vitest';
import { buildJobSpecFor } from './build-job-spec.ts';
import { sampleJob } from './testing/sample-job.ts';

const { placeOf, spec } = buildJobSpecFor(
  sampleJob([
    {
      kubernetes: {
        podSpec: {
          hostname: 'one',
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          containers: [{ name: 'main', image: 'a', tty: true, securityContext: { privileged: true } }, { stdin: true }],
          volumes: [
            { name: 'a', emptyDir: {} },
            { name: 'node', hostPath: { path: '/var/run' } },
          ],
        },
        gitEnvFrom: [{ secretRef: { name: 'git' } }],
        extraVolumeMounts: [{ name: 'a', mountPath: '/a' }],
        podSpecPatch: { subdomain: 'two', containers: [{ name: 'main', stdin: true }], volumes: [{ name: 'new', emptyDir: {} }] },
      },
    },
    { 'buildkite-operator': { timeoutSeconds: 5 } },
  ]),
);

/** Of the entry of a list in `podPatch` that has this name. */
function entry(list: 'containers' | 'volumes', name: string): string {
  const entries = (spec.podPatch as Record<typeof list, { name: string }[]>)[list];
  return `spec.podPatch.${list}[${entries.findIndex(one => one.name === name)}]`;
}

describe("the pipeline's place of a field of the BuildJob", () => {
  it.each([
    ['spec.image', 'kubernetes.podSpec.containers[0].image'],
    ['spec.timeoutSeconds', 'buildkite-operator.timeoutSeconds'],
    ['spec.nodeSelector[kubernetes.io/os]', 'kubernetes.podSpec.nodeSelector[kubernetes.io/os]'],
    ['spec.podPatch.hostname', 'kubernetes.podSpec.hostname'],
    ['spec.podPatch.subdomain', 'kubernetes.podSpecPatch.subdomain'],
    [`${entry('volumes', 'node')}.hostPath.path`, 'kubernetes.podSpec.volumes[1].hostPath.path'],
    [`${entry('volumes', 'new')}.emptyDir`, 'kubernetes.podSpecPatch.volumes[0].emptyDir'],
    [`${entry('containers', 'container-0')}.securityContext.privileged`, 'kubernetes.podSpec.containers[0].securityContext.privileged'],
    [`${entry('containers', 'container-0')}.stdin`, 'kubernetes.podSpecPatch.containers[0].stdin'],
    [`${entry('containers', 'container-1')}.stdin`, 'kubernetes.podSpec.containers[1].stdin'],
  ])('%s is %s', (field, place) => {
    expect(placeOf(field)).toBe(place);
  });

  it.each([
    '(rendered pod) spec.containers[agent].image',
    'spec.podPatch.nothing',
    `${entry('containers', 'checkout')}.envFrom`,
    'metadata.name',
    '',
  ])('%s is none that can be told', field => {
    expect(placeOf(field)).toBeUndefined();
  });
});
