import * as fc from 'fast-check';
import { ended, outside, type PodFacts, running, vanished, waiting } from './kubelet-pod.ts';

const second = fc.integer({ min: 0, max: 600 });

const state = fc.oneof(
  fc.constantFrom(
    ...['ContainerCreating', 'PodInitializing', 'ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'CreateContainerConfigError'].map(
      reason => waiting(reason, 'the words of the kubelet'),
    ),
  ),
  second.map(running),
  fc
    .record({ exitCode: fc.constantFrom(0, 1, 27, 42, 137, 143, 249, 255), startedAt: second, finishedAt: second })
    .map(({ exitCode, ...times }) => ended(exitCode, times)),
  second.map(startedAt => ended(137, { reason: 'OOMKilled', startedAt })),
  fc
    .constantFrom('job cancelled on Buildkite', 'job timed out on Buildkite', 'agent is stopping')
    .map(why => ended(255, { message: `Canceling job 0197 with a signal grace period of 50s (${why})` })),
  fc.constant(vanished()),
);

const containers = ['agent', 'checkout', 'container-0'];

/** What may be seen of a pod, likely or not. */
export const podFacts: fc.Arbitrary<PodFacts> = fc
  .record({
    phase: fc.constantFrom('Pending', 'Running', 'Running', 'Running', 'Succeeded', 'Failed', 'Unknown'),
    where: fc.constantFrom(
      { nodeName: 'node-1' },
      { nodeName: 'node-1' },
      { nodeName: undefined },
      { unschedulable: '0/3 nodes are available' },
    ),
    why: fc.constantFrom({}, {}, {}, { reason: 'Evicted', message: 'low on memory' }, { reason: 'DeadlineExceeded' }),
    disruption: fc.option(
      fc.record({
        reason: fc.constantFrom(
          'PreemptionByScheduler',
          'DeletionByTaintManager',
          'EvictionByEvictionAPI',
          'DeletionByPodGC',
          'TerminationByKubelet',
          'SomethingNew',
        ),
      }),
      { nil: undefined, freq: 5 },
    ),
    states: fc.tuple(...containers.map(name => fc.option(state, { nil: undefined, freq: 5 }).map(seen => [name, seen] as const))),
    setup: fc.option(state, { nil: undefined }),
    deletedAt: fc.option(second, { nil: undefined, freq: 5 }),
  })
  .map(({ where, why, states, setup, disruption, deletedAt, phase }): PodFacts => {
    const known = states.flatMap(([name, seen]) => (seen === undefined ? [] : [[name, seen] as const]));
    return {
      phase,
      ...where,
      ...why,
      containers: Object.fromEntries(known),
      ...(setup !== undefined && { initContainers: { 'copy-agent': setup } }),
      ...(disruption !== undefined && { disruption }),
      ...(deletedAt !== undefined && { deletedAt }),
    };
  });

/** The same of the pod of a job whose agent runs elsewhere. */
export const outsidePodFacts: fc.Arbitrary<PodFacts> = podFacts.map(seen => ({ ...seen, job: outside }));
