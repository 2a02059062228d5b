import { type BuildJobStatus, isFinal, phases } from '@buildkite-operator/crds';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ControllerWorld } from './testing/controller-world.ts';
import { outside, running, waiting } from './testing/kubelet-pod.ts';

// A property takes some seconds; on a busy machine, more.
vi.setConfig({ testTimeout: 120_000 });

type Happening = (world: ControllerWorld, key: string) => unknown;

/** What may happen next, and how often. Caches are as old as nothing brings them up to date, each replica's for itself. */
const happenings: Readonly<Record<string, readonly [number, Happening]>> = {
  'the leader looks, on current caches': [
    40,
    (world, key) => {
      world.sync();
      return world.reconcile(key);
    },
  ],
  'the leader looks, on the caches that it has': [20, (world, key) => world.reconcile(key)],
  'its jobs catch up': [5, world => world.sync({ pods: false })],
  'its pods catch up': [5, world => world.sync({ jobs: false })],
  'both replicas catch up': [5, world => [0, 1].map(replica => world.sync({ replica }))],
  'the leader changes': [6, world => world.failOver()],
  'the next call is refused': [5, world => world.server.faults.set(world.server.calls.length, 'refused')],
  'the next answer is lost': [5, world => world.server.faults.set(world.server.calls.length, 'lost')],
  'the call after the next is refused': [5, world => world.server.faults.set(world.server.calls.length + 1, 'refused')],
  'the answer after the next is lost': [5, world => world.server.faults.set(world.server.calls.length + 1, 'lost')],
  'pods get a node': [6, world => world.report({ phase: 'Pending' })],
  'a pull fails': [2, world => world.report({ phase: 'Pending', containers: { 'container-0': waiting('ErrImagePull', 'x') } })],
  'pods start, all but the command': [
    4,
    world =>
      world.report({
        phase: 'Pending',
        containers: { agent: running(), checkout: running(), 'container-0': waiting('ContainerCreating') },
      }),
  ],
  'pods prepare their checkout': [
    3,
    world => world.report({ phase: 'Pending', containers: { agent: running(), checkout: waiting('PodInitializing') } }),
  ],
  'nodes refuse pods': [4, world => world.refusePods()],
  'pods are pre-empted': [3, world => world.disruptPods('PreemptionByScheduler')],
  'nodes are drained': [2, world => world.disruptPods('EvictionByEvictionAPI')],
  'nodes are lost': [2, world => world.disruptPods('DeletionByTaintManager')],
  'nodes are cut off': [2, world => world.cutNodesOff()],
  'nodes are cut off until they count as lost': [
    2,
    world => {
      world.disruptPods('DeletionByTaintManager');
      world.cutNodesOff();
      world.wait(125);
    },
  ],
  'pods run': [10, world => world.runPods()],
  'pods end well': [2, world => world.endPods(0)],
  'pods fail': [2, world => world.endPods(1)],
  'nodes end what is to go': [4, world => world.sweepNodes()],
  'a moment passes': [4, world => world.wait(2)],
  'some seconds pass': [6, world => world.wait(6)],
  'half a minute passes': [1, world => world.wait(31)],
  'the job is cancelled': [1, world => world.changeJob({ cancelled: true })],
  'the pod is deleted by hand': [1, world => world.deleteByHand('pods')],
  'the job is deleted by hand': [1, world => world.deleteByHand('buildjobs')],
  'one of its name is made': [1, world => (world.server.jobs.length === 0 ? world.addJob() : undefined)],
};

const final = phases.length;
const order = ({ phase = 'Pending' }: BuildJobStatus = {}) => (isFinal(phase) ? final : phases.indexOf(phase));
const happening = fc.oneof(...Object.entries(happenings).map(([name, [weight]]) => ({ arbitrary: fc.constant(name), weight })));
const story = fc.array(happening, { minLength: 5, maxLength: 60, size: 'max' });

describe('whatever happens, in whichever order, with old caches and lost answers,', () => {
  it.each([
    [0, 'a job', {}],
    [3600, 'a job', {}],
    [0, 'a job whose agent runs elsewhere', outside],
  ])(
    'with TTL %i s, %s gets as many pods as it may, one of them begins with it at most, its phases go on, and nothing is left',
    async (ttl, _what, spec) => {
      let ran = 0;
      let replaced = 0;
      await fc.assert(
        fc.asyncProperty(story, async steps => {
          const world = new ControllerWorld(ttl, spec);
          // Longer than a node takes to count as lost.
          if (spec === outside) world.changeConfig({ pendingTimeoutSeconds: 600 });
          const key = world.addJob();
          world.sync();
          for (const step of steps) await happenings[step]?.[1](world, key);
          world.server.faults.clear();
          for (let round = 0; round < 4; round += 1) {
            await world.settle(key);
            world.wait(4000);
            await world.settle(key);
            world.sweepNodes();
          }
          const made = [...Map.groupBy(world.server.podsMade, uid => uid).values()].map(pods => pods.length);
          expect(Math.max(0, ...made)).toBeLessThanOrEqual(3);
          expect(Math.max(0, ...[...world.acquired.values()].map(pods => pods.size))).toBeLessThanOrEqual(1);
          for (const statuses of world.server.statuses.values()) {
            // What is recorded of one pod; the next one begins anew.
            for (const ranks of [...Map.groupBy(statuses, status => status?.replacedPodUid).values()].map(span => span.map(order)))
              expect(ranks).toStrictEqual(ranks.toSorted((a, b) => a - b));
            expect(statuses.map(order).filter(rank => rank === final).length).toBeLessThanOrEqual(1);
          }
          replaced += made.filter(pods => pods > 1).length;
          expect([...world.server.jobs, ...world.server.pods]).toStrictEqual([]);
          ran += [...world.server.statuses.values()].flat().some(status => status?.phase === 'Running') ? 1 : 0;
        }),
        { numRuns: 500 },
      );
      expect(ran).toBeGreaterThan(50);
      expect(replaced).toBeGreaterThan(30);
    },
  );
});
