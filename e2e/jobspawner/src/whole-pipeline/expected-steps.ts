/** How one job of a step ended: its exit status, and what its command has put out through `./say`. */
export interface ExpectedJob {
  readonly exitStatus: number;
  readonly said: readonly string[];
}

/** What the test knows of its build. */
export interface BuildFacts {
  readonly commit: string;
}

const said = (...lines: string[]): ExpectedJob[] => [{ exitStatus: 0, said: lines }];
const failed = (exitStatus: number, ...lines: string[]): ExpectedJob => ({ exitStatus, said: lines });

/** The jobs of every step of the pipeline, retried ones too, in order. What no agent has run ends with -1. */
export function expectedSteps({ commit }: BuildFacts): Readonly<Record<string, readonly ExpectedJob[]>> {
  return {
    start: said(),

    plain: said('plain'),
    'several-commands': said('first', 'second kept'),
    'multi-line': said('line 1', 'line 2', 'line 3', 'here document 42'),
    quoting: said(`single "double" double 'single' back\\slash ü $HOME a|b`, '50% * ?'),
    'exit-code-of-a-pipe': said('the last one counts'),
    'long-output': said(),
    'no-output': said(),

    'variables-of-the-step': said('a  b [] 7 $(touch /tmp/never) `id` "quoted"'),
    'variable-of-several-lines': said('one', 'two'),
    'variables-of-the-build': said('of the build from the pipeline main variables-of-the-build true'),
    checkout: said(`${commit} /workspace/build/buildkite a file of the repository`),

    'image-with-dash': said('image with dash'),
    'image-with-busybox': said('BusyBox'),
    'environment-by-name': said('of the environment'),
    'resource-class': said(String(160 * 1024 ** 2)),

    parallel: ['0 of 4', '1 of 4', '2 of 4', '3 of 4'].flatMap(line => said(line)),
    matrix: ['red', 'green'].flatMap(line => said(line)),
    'one-at-a-time': Array.from({ length: 3 }, () => said('one at a time')).flat(),

    'artifact-by-paths': said(),
    'artifact-by-agent': said(),
    'artifact-download': said('one two  300000'),
    'meta-data-set': said(),
    'meta-data-get': said('v1.2 ü none'),
    annotation: said(),
    'step-attributes': said('a label'),
    secret: said('19', '[REDACTED]'),
    'oidc-token': said('2'),

    'plugin-with-hooks': said('post-checkout green', 'pre-command green', 'of the hook', 'pre-exit green'),
    'plugin-with-a-command': said('command of the plugin'),
    'two-plugins-in-another-image': said('post-checkout blue', 'pre-command blue', 'command of the plugin', 'pre-exit blue'),

    'operator-variables': said('of the block on a node'),
    'operator-resources': said(String(192 * 1024 ** 2)),
    'operator-init-container': said('prepared'),
    'operator-sidecar': said('beside'),
    'operator-without-checkout': said('nothing here'),
    'operator-patch': said('patched'),
    'operator-image-and-plugin': said('post-checkout grey', 'pre-command grey', 'both of the hook', 'pre-exit grey'),

    'kubernetes-command': said('command of the container'),
    'kubernetes-without-command': said('of the container'),
    'kubernetes-sidecar': said('sidecar'),
    'kubernetes-patch': said('of the patch'),
    'kubernetes-metadata': said('builders'),

    retried: [failed(75, 'attempt 0'), failed(75, 'attempt 1'), ...said('attempt 2')],
    'retried-in-vain': [failed(9, 'in vain'), failed(9, 'in vain')],
    'soft-fail': [failed(3)],
    'soft-fail-by-exit-status': [failed(4)],
    'after-a-failure': said('after a failure'),
    'bad-block': [failed(-1)],
    'bad-image': [failed(-1)],

    urgent: said('urgent'),
    unimportant: said('unimportant'),
    'on-this-branch': said('on this branch'),
    'with-a-timeout': said('in time'),

    upload: said(),
    uploaded: said('uploaded'),
    'uploaded-in-parallel': ['uploaded 0', 'uploaded 1'].flatMap(line => said(line)),
    'uploaded-after': said('uploaded after'),
    generate: said(),
    'big-command': said('at the end of a big command'),
    'big-environment': said('100000 100000 100000'),

    'after-all': said('after all v1.2 ü'),
  };
}
