/** A pipeline and what is said about it. */
export interface LintCase {
  readonly name: string;
  readonly pipeline: string;
  /** `line:column severity step | field: problem`, each as it begins. None where all is well. */
  readonly findings: readonly string[];
  /** Whether an editor sees the errors by the JSON schema alone; where it cannot, why. */
  readonly inEditor: true | string;
}

const step = (plugins: string, more = '') => `steps:\n  - command: make\n    agents: {queue: bk-operator}\n${more}    plugins:\n${plugins}`;

/** Pipelines that run. */
export const goodCases: readonly LintCase[] = [
  ['a plain step', 'steps:\n  - command: make\n    agents: {queue: bk-operator}\n'],
  ['a list of steps', '- command: make\n  agents: [queue=bk-operator]\n- wait\n- block: go\n'],
  ['no steps yet', 'steps:\n'],
  ['a plugin without settings', step('      - kubernetes\n      - buildkite-operator: ~\n      - docker#v5.1.0:\n          image: x\n')],
  ['one map of plugins', step('      kubernetes: {podSpec: {hostname: a}}\n      buildkite-operator: {image: "node:24"}\n')],
  ['a plugin in full', step('      - github.com/buildkite-plugins/kubernetes-buildkite-plugin: {podTemplate: large}\n')],
  [
    'an entry with two plugins, which the upload takes apart',
    step('      - kubernetes: {sidecars: [{image: a}]}\n        docker#v1: {}\n'),
  ],
  ['a key without a value', step('      - kubernetes:\n          podTemplate: small\n')],
  [
    'anchors and merge keys',
    'pod: &pod\n  hostname: a\nblock: &block\n  podSpec: {<<: *pod, subdomain: b}\nsteps:\n  - command: make\n    agents: {queue: bk-operator}\n    plugins: [{kubernetes: *block}]\n',
  ],
  ['dollars of the shell', 'steps:\n  - command: echo $$HOME \\$A $(date) $1\n    agents: {queue: bk-operator}\n'],
  [
    'a variable for a name',
    step('      - buildkite-operator: {environment: $ENV, env: [{name: "${A}", value: "${B}"}, {name: "${C}", value: x}]}\n'),
  ],
  ['a variable for a word of a closed list', step('      - kubernetes: {commandParams: {interposer: "${HOW:-vector}"}}\n')],
  ['a default that is wrong, and a variable that need not be', step('      - buildkite-operator: {environment: "${ENV:-Not A Name}"}\n')],
  [
    'a variable for the image and the tags',
    'image: ${IMAGE}\nagents: ["queue=${QUEUE}", "resource_class=${SIZE}"]\nsteps: [{command: make}]\n',
  ],
  [
    'a matrix',
    step('      - buildkite-operator: {environment: "{{matrix.os}}-{{ matrix.v }}"}\n', '    matrix: {setup: {os: [linux], v: [1, 2]}}\n'),
  ],
  ['another queue', 'steps:\n  - command: make\n    agents: {queue: other}\n    plugins: [{kubernetes: {anything: 1}}]\n'],
].map(([name = '', pipeline = '']) => ({
  name,
  pipeline,
  findings: [],
  inEditor: name === 'another queue' ? 'it does not know the queues' : true,
}));

/** Pipelines with something to say about. */
export const badCases: readonly LintCase[] = [
  {
    name: 'a key that nobody knows',
    pipeline: step('      - buildkite-operator:\n          enviroment: node\n'),
    findings: ['6:11 error steps[0] | buildkite-operator.enviroment: is no known key: did you mean environment?'],
    inEditor: true,
  },
  {
    name: 'a key that nobody knows, with a variable',
    pipeline: step('      - kubernetes:\n          podSpec: {hostnam: $HOST}\n'),
    findings: ['6:21 error steps[0] | kubernetes.podSpec.hostnam: is no known key: did you mean hostname?'],
    inEditor: true,
  },
  {
    name: 'a variable where only a number can be',
    pipeline: step('      - buildkite-operator: {timeoutSeconds: "${SECONDS}"}\n'),
    findings: ['5:30 error steps[0] | buildkite-operator.timeoutSeconds: must be a number'],
    inEditor: true,
  },
  {
    name: 'a number for a text, deep in a list',
    pipeline: step(
      '      - kubernetes:\n          podSpec:\n            containers:\n              - env:\n                  - {name: A, value: 1}\n',
    ),
    findings: ['9:31 error steps[0] | kubernetes.podSpec.containers[0].env[0].value: must be a text'],
    inEditor: true,
  },
  {
    name: 'a label with a slash in its key',
    pipeline: step('      - kubernetes: {metadata: {labels: {a.b/c: 5}}}\n'),
    findings: ['5:42 error steps[0] | kubernetes.metadata.labels[a.b/c]: must be a text'],
    inEditor: true,
  },
  {
    name: 'a word that is not of the list',
    pipeline: step('      - kubernetes: {commandParams: {interposer: shell}}\n'),
    findings: ['5:38 error steps[0] | kubernetes.commandParams.interposer: must be'],
    inEditor: true,
  },
  {
    name: 'a version of a plugin that has none',
    pipeline: step('      - kubernetes#v1: {podSpec: {}}\n'),
    findings: ['5:9 error steps[0] | plugins: has a version, and there is none to choose: write kubernetes alone'],
    inEditor: true,
  },
  {
    name: 'a key that the operator refuses',
    pipeline: step('      - kubernetes: {podSpec: {ephemeralContainers: [{}]}}\n'),
    findings: ['5:32 error steps[0] | kubernetes.podSpec.ephemeralContainers: '],
    inEditor: 'the key is the official controller’s',
  },
  {
    name: 'two entries of one name',
    pipeline: step('      - buildkite-operator:\n          env:\n            - {name: A}\n            - {name: A}\n'),
    findings: ['8:16 error steps[0] | buildkite-operator.env[1].name: stands in the list twice'],
    inEditor: 'entries are compared with one another',
  },
  {
    name: 'a fault behind an anchor, where it is written, and once for all that use it',
    pipeline:
      'block: &block\n  podSpec: &pod\n    hostnam: a\nsteps:\n  - {label: one, command: a, agents: {queue: bk-operator}, plugins: [{kubernetes: *block}]}\n  - {key: two, command: a, agents: {queue: bk-operator}, plugins: [{kubernetes: {podSpec: {<<: *pod}}}]}\n',
    findings: ['3:5 error one | kubernetes.podSpec.hostnam: is no known key'],
    inEditor: true,
  },
  {
    name: 'one combination of a matrix',
    pipeline: step('      - buildkite-operator: {environment: "{{matrix}}"}\n', '    label: on {{matrix}}\n    matrix: [linux, Mac OS]\n'),
    findings: ['7:30 error on Mac OS | buildkite-operator.environment: must be a Kubernetes object name'],
    inEditor: 'what a matrix makes of a text is not known to it',
  },
  {
    name: 'a step of a group, with the image of the pipeline',
    pipeline: 'image: a b\nagents: {queue: bk-operator}\nsteps:\n  - group: g\n    steps:\n      - {key: k, command: a}\n',
    findings: ['1:1 error k | image: must be an image reference without spaces'],
    inEditor: 'it leaves images to the job',
  },
  {
    name: 'several blocks of one plugin: the last word is to blame',
    pipeline: step('      - buildkite-operator: {environment: node}\n      - buildkite-operator: {environment: "No Name"}\n'),
    findings: ['6:30 error steps[0] | buildkite-operator.environment: must be a Kubernetes object name'],
    inEditor: true,
  },
  {
    name: 'settings that contradict one another',
    pipeline: step('      - kubernetes: {podSpecPatch: {hostname: a}}\n      - buildkite-operator: {podPatch: {hostname: b}}\n'),
    findings: ['6:30 error steps[0] | buildkite-operator.podPatch: stands beside podSpecPatch'],
    inEditor: 'it looks at one block at a time',
  },
  {
    name: 'a setting that is no pipeline author’s',
    pipeline: step('      - buildkite-operator: {cancelled: true}\n'),
    findings: [
      "5:30 error steps[0] | buildkite-operator.cancelled: is for running jobs: remove it, and cancel the job on Buildkite's page",
    ],
    inEditor: true,
  },
  {
    name: 'an outside agent, which no pipeline has a say about',
    pipeline: step('      - buildkite-operator: {buildkite: {outsideAgent: {environmentSecret: others}}}\n'),
    findings: ['5:30 error steps[0] | buildkite-operator.buildkite: is made from the job itself: remove it'],
    inEditor: true,
  },
  {
    name: 'a tag with a comma',
    pipeline: 'steps:\n  - command: make\n    agents:\n      - queue=bk-operator\n      - "a=b,c"\n',
    findings: ['5:9 error steps[0] | agents.a: must be without a comma'],
    inEditor: true,
  },
  {
    name: 'a patch that misspells a field',
    pipeline: step('      - buildkite-operator: {podPatch: {containers: [{name: container-0, $$patch: delete, imagee: x}]}}\n'),
    findings: ['5:91 error steps[0] | buildkite-operator.podPatch.containers[0].imagee: is no known key: did you mean image?'],
    inEditor: true,
  },
  {
    name: 'what is no YAML',
    pipeline: 'steps:\n  - command: [make\n',
    findings: ['3:1 error - | : no YAML: '],
    inEditor: 'the editor says so itself',
  },
  {
    name: 'an alias without its anchor',
    pipeline: 'steps:\n  - command: *none\n',
    findings: ['2:14 error - | : no YAML: '],
    inEditor: 'the editor says so itself',
  },
  { name: 'no pipeline', pipeline: 'hello\n', findings: ['1:1 error - | pipeline: must be a map with steps'], inEditor: true },
  {
    name: 'steps that are no list',
    pipeline: 'steps: {a: b}\n',
    findings: ['1:1 error - | steps: must be a list of steps'],
    inEditor: true,
  },
];

/** Pipelines that run, but not as they were meant. */
export const warningCases: readonly LintCase[] = [
  {
    name: 'a directive of a patch with one dollar',
    pipeline: step('      - kubernetes:\n          podSpecPatch:\n            containers: [{name: x, $patch: delete}]\n'),
    findings: ['7:36 warning steps[0] | $patch: is a variable for the upload, which puts nothing in its place: write $$patch'],
    inEditor: true,
  },
  {
    name: 'a key without effect',
    pipeline: step('      - kubernetes:\n          podSpec:\n            restartPolicy: Always\n'),
    findings: ['7:13 warning steps[0] | kubernetes.podSpec.restartPolicy: has no effect'],
    inEditor: true,
  },
  {
    name: 'a plugin whose name is misspelled',
    pipeline: step('      - kubernets: {podSpec: {}}\n'),
    findings: ['5:9 warning steps[0] | plugins: is an ordinary plugin, which the agent downloads and runs: write kubernetes alone'],
    inEditor: true,
  },
  {
    name: 'another owner’s plugin',
    pipeline: step('      - acme/buildkite-operator#v1: {environment: No Name}\n'),
    findings: ['5:9 warning steps[0] | plugins: is an ordinary plugin'],
    inEditor: true,
  },
  {
    name: 'a URL of the plugin',
    pipeline: step('      - "https://github.com/buildkite-plugins/kubernetes-buildkite-plugin.git#v1": ~\n'),
    findings: ['5:9 warning steps[0] | plugins: is an ordinary plugin'],
    inEditor: true,
  },
  {
    name: 'the operator’s block in another queue',
    pipeline: 'steps:\n  - command: make\n    agents: {queue: other}\n    plugins: [{buildkite-operator: {environment: a}}]\n',
    findings: [
      "4:16 warning steps[0] | buildkite-operator: is for jobs of the operator's queues (bk-operator), and this step is of queue other",
    ],
    inEditor: true,
  },
  {
    name: 'the operator’s block without a queue',
    pipeline: 'steps:\n  - command: make\n    plugins: [{buildkite-operator: {environment: a}}]\n',
    findings: [
      "3:16 warning steps[0] | buildkite-operator: is for jobs of the operator's queues (bk-operator), and this step names no queue",
    ],
    inEditor: true,
  },
];
