import type { Live, Pod } from '@buildkite-operator/kube';
import { ended, kubeletPod, outside, type PodFacts, running, waiting } from './kubelet-pod.ts';

/** The pod of a job whose agent runs elsewhere: its checkout is an init container, the last, and its command the only main one. */
export const outsidePod = (facts: PodFacts): Live<Pod> => kubeletPod({ ...facts, job: { ...outside, ...facts.job } });

/** What may be seen of it, in its order. */
export const initializing = waiting('PodInitializing');
export const copied = { 'copy-agent': ended(0) };
export const preparing = { phase: 'Pending', initContainers: { 'copy-agent': running() }, containers: { checkout: initializing } } as const;
export const checkingOut = {
  phase: 'Pending',
  initContainers: copied,
  containers: { checkout: running(5), 'container-0': initializing },
} as const;
export const commandRuns = { initContainers: copied, containers: { checkout: ended(0, { startedAt: 5 }), 'container-0': running(9) } };
export const noShell = ended(128, { reason: 'StartError', message: 'exec: "/workspace/tini-static": permission denied' });
/** The checkout has ended well, and this is the command. */
export const afterCheckout = (command: NonNullable<PodFacts['containers']>[string]) => ({
  phase: 'Pending' as const,
  containers: { checkout: ended(0, { startedAt: 5 }), 'container-0': command },
});
