import type { BuildJob } from '@buildkite-operator/crds';
import type { Live } from '@buildkite-operator/kube';
import { sampleJob } from '@buildkite-operator/podspec/testing';
import { describe, expect, it } from 'vitest';
import { nameHolder } from './name-holder.ts';
import { at, kubeletPod } from './testing/kubelet-pod.ts';

const { metadata, ...rest } = sampleJob();
const job: Live<BuildJob> = {
  ...rest,
  metadata: { ...metadata, name: 'bk-job', uid: 'own', resourceVersion: '1', creationTimestamp: at(0) },
};
const owner = { apiVersion: 'buildkite-operator.io/v1alpha1', kind: 'BuildJob', name: 'bk-job', uid: 'own', controller: true };

describe('the pod that has the name', () => {
  it.each([
    ["is the job's own", [owner], { kind: 'own' }],
    ['is of an earlier BuildJob', [{ ...owner, uid: 'earlier' }], { kind: 'earlier' }],
    ['is of another BuildJob', [{ ...owner, name: 'bk-other', uid: 'other' }], { kind: 'rival', name: 'bk-other' }],
    ['is of another controller', [{ ...owner, kind: 'Job', apiVersion: 'batch/v1' }], { kind: 'stranger' }],
    ['is of nobody', [], { kind: 'stranger' }],
    ['has a BuildJob that does not control it', [{ ...owner, controller: false }], { kind: 'stranger' }],
  ])('%s', (_title, ownerReferences, holder) => {
    const pod = kubeletPod();
    expect(nameHolder({ ...pod, metadata: { ...pod.metadata, ownerReferences } }, job)).toStrictEqual(holder);
  });
});
