import type { RefusedCase } from './good-case.ts';
import { kubernetes } from './steps.ts';

/** Steps whose keys and types are right, and which still ask for what cannot be had. */
export const refusedSteps: readonly RefusedCase[] = [
  {
    given: 'a key that nobody knows',
    step: { plugins: [{ kubernetes: { podspec: {} } }] },
    says: ['kubernetes.podspec: is no known key: did you mean podSpec?'],
  },
  {
    given: 'a misspelled field deep in the podSpec',
    step: { plugins: kubernetes({ podSpec: { containers: [{ resources: { limit: { memory: '1Gi' } } }] } }) },
    says: ['kubernetes.podSpec.containers[0].resources.limit: is no known key: did you mean limits?'],
  },
  {
    given: 'a misspelled field in the patch',
    step: { plugins: kubernetes({ podSpecPatch: { hostnam: 'x' } }) },
    says: ['kubernetes.podSpecPatch.hostnam: is no known key: did you mean hostname?'],
  },
  ...(['agent', 'checkout'] as const).map(
    (name): RefusedCase => ({
      given: `a patch of the command of ${name}`,
      step: { plugins: [{ kubernetes: { podSpecPatch: { containers: [{ name, command: ['sh'] }] } } }] },
      says: [`kubernetes.podSpecPatch.containers[0].command: of container ${name} belongs to the operator`, 'found ["sh"]'],
    }),
  ),
  {
    given: 'a patch of the set-up',
    step: { plugins: kubernetes({ podSpecPatch: { initContainers: [{ name: 'copy-agent', args: ['x'] }] } }) },
    says: ['kubernetes.podSpecPatch.initContainers[0].args: of container copy-agent belongs to the operator'],
  },
  {
    given: 'a patch of an image check, which there is not',
    step: { plugins: kubernetes({ podSpecPatch: { initContainers: [{ name: 'imagecheck-0', resources: {} }] } }) },
    says: ['kubernetes.podSpecPatch.initContainers[0].name', 'imagecheck-0', 'remove it'],
  },
  {
    given: 'a resource class that there is not',
    step: { agents: { resource_class: 'smal' }, plugins: kubernetes({}) },
    says: ['agents.resource_class: is no resource class: did you mean small? There are small (found "smal")'],
  },
  {
    given: 'a version of the plugin',
    step: { plugins: [{ 'kubernetes#v1.0.0': {} }] },
    says: ['has a version, and there is none to choose: write kubernetes alone'],
  },
  {
    given: 'an image with a space',
    step: { image: 'alpine edge', plugins: kubernetes({}) },
    says: ['image: must be an image reference without spaces', '(found "alpine edge")'],
  },
  {
    given: 'a label of the operator’s own',
    step: { plugins: kubernetes({ metadata: { labels: { 'buildkite-operator.io/job-id': 'x' } } }) },
    says: ['buildkite-operator.io/job-id', "is the operator's own: choose a key outside of buildkite-operator.io/"],
  },
  {
    given: 'a patch in both plugins',
    step: { plugins: [...kubernetes({ podSpecPatch: { hostname: 'a' } }), { 'buildkite-operator': { podPatch: { hostname: 'b' } } }] },
    says: ['buildkite-operator.podPatch: stands beside podSpecPatch of the kubernetes block'],
  },
  {
    given: 'several things that are wrong at once',
    step: { plugins: [{ kubernetes: { podSpecs: {}, jobActiveDeadlineSeconds: -5 } }, { 'buildkite-operator': { timeoutSecond: 5 } }] },
    says: [
      'kubernetes.podSpecs: is no known key: did you mean podSpec?',
      'kubernetes.jobActiveDeadlineSeconds: must be at least 1 (found -5)',
      'buildkite-operator.timeoutSecond: is no known key: did you mean timeoutSeconds?',
    ],
  },
];

/** Steps that only policy, the merge or the API server refuses, with the words that tell which part it is. */
export const refusedByCluster: readonly RefusedCase[] = [
  {
    given: 'a folder of the node',
    step: { plugins: kubernetes({ podSpec: { volumes: [{ name: 'node', hostPath: { path: '/var/run' } }] } }) },
    says: ['kubernetes.podSpec.volumes[0].hostPath', 'policy.hostPaths', '/var/run'],
  },
  {
    given: 'a folder of the node for git mirrors',
    step: { plugins: kubernetes({ checkout: { skip: false, gitMirrors: { volume: { name: 'node', hostPath: { path: '/srv' } } } } }) },
    says: ['checkout.gitMirrors.volume', 'policy.hostPaths', '/srv'],
  },
  {
    given: 'a privileged container',
    step: { plugins: kubernetes({ podSpec: { containers: [{ securityContext: { privileged: true } }] } }) },
    says: ['kubernetes.podSpec.containers[0].securityContext.privileged', 'policy.privileged'],
  },
  {
    given: 'a service account of others',
    step: { plugins: kubernetes({ podSpec: { serviceAccountName: 'deployer' } }) },
    says: ['kubernetes.podSpec.serviceAccountName', 'deployer', 'policy.serviceAccounts'],
  },
  {
    given: 'the processes of the node, which show the agent token',
    step: { plugins: kubernetes({ podSpec: { hostPID: true } }) },
    says: ['hostPID', 'agent token', 'leave it out'],
  },
  {
    given: 'shared processes, which show the agent token',
    step: { plugins: kubernetes({ podSpec: { shareProcessNamespace: true } }) },
    says: ['shareProcessNamespace', 'agent token', 'leave it out'],
  },
  {
    given: 'the agent token as a variable',
    step: { plugins: kubernetes({ commandParams: { envFrom: [{ secretRef: { name: 'buildkite-agent-token' } }] } }) },
    says: ['envFrom', 'holds the agent token', 'remove the reference'],
  },
  {
    given: 'a mount of a volume that there is not',
    step: { plugins: kubernetes({ extraVolumeMounts: [{ name: 'nothing', mountPath: '/nothing' }] }) },
    says: ['/nothing', 'no environment of the job brings a volume of that name'],
  },
  {
    given: 'a host name that the API server does not take',
    step: { plugins: kubernetes({ podSpec: { hostname: 'Not_A_Host' } }) },
    says: ['kubernetes.podSpec.hostname', 'Not_A_Host', 'RFC 1123'],
  },
  {
    given: 'a priority class that there is not',
    step: { plugins: kubernetes({ podSpec: { priorityClassName: 'kp-nothing' } }) },
    says: ['kp-nothing', 'PriorityClass'],
  },
];
