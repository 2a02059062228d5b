import { expect } from 'vitest';
import type { GoodCase } from './good-case.ts';
import { container, containerNames, kubernetes, serve, until, variable, withCheckout } from './steps.ts';

/** What pipelines rely on beyond single keys. */
export const behaviourCases: readonly GoodCase[] = [
  {
    given: 'no plugin at all',
    shows: [],
    step: ({ repository }) => ({ command: 'cat readme.txt; git log --oneline | wc -l', repository: repository.url }),
    log: ['post-checkout has nothing, nothing, no mount', 'pre-command in container 1', 'checked out', 'pre-exit in container 1'],
    pod: pod => expect(containerNames(pod)).toEqual(['copy-agent', 'agent', 'checkout', 'container-0']),
  },
  {
    given: 'nothing but an image, which has a shell and no more',
    shows: [],
    step: ({ images }) => ({
      command: 'busybox | head -n 1; buildkite-agent --version | cut -c 1-23; exit 42',
      image: images.busybox,
      plugins: kubernetes({}),
    }),
    log: ['BusyBox v', 'buildkite-agent version'],
    ends: { state: 'finished', passed: false, exitStatus: 42, endedBy: 'agent' },
  },
  {
    given: 'a workspace that all its containers share',
    shows: [],
    step: ({ images, repository }) => ({
      command: `${until('/workspace/by-sidecar')}; cat /workspace/by-sidecar`,
      repository: repository.url,
      plugins: withCheckout({
        sidecars: [
          {
            name: 'reader',
            image: images.busybox,
            command: [
              'sh',
              '-c',
              `${until('/workspace/build/buildkite/readme.txt')}; sed "s/^/seen: /" /workspace/build/buildkite/readme.txt >/workspace/by-sidecar; ${serve}`,
            ],
          },
        ],
      }),
    }),
    log: ['seen: checked out'],
  },
  {
    given: 'several containers with commands, which run one after another',
    shows: [],
    step: ({ images, repository }) => ({
      command: 'echo "step in $(busybox | head -n 1 | cut -c 1-7)" >>/workspace/order; tr "\\n" + </workspace/order',
      repository: repository.url,
      plugins: withCheckout({
        podSpec: {
          containers: [
            { name: 'build', image: images.dash, command: ['sleep 2; echo "build in $(cat readme.txt)" >>/workspace/order'] },
            {
              name: 'test',
              image: images.busybox,
              command: ['echo "$NAME in $PWD" | sed "s|/.*||" >>/workspace/order'],
              env: [{ name: 'NAME', value: 'test' }],
            },
            { image: images.busybox },
          ],
        },
        podSpecPatch: { containers: [{ name: 'test', env: [{ name: 'NAME', value: 'patched' }] }] },
      }),
    }),
    log: [
      'build in checked out+patched in +step in BusyBox+',
      'pre-command in container 1',
      'pre-command in container 2',
      'pre-command in container 3',
      'pre-exit in container 3',
    ],
    pod: pod => expect(containerNames(pod)).toEqual(['copy-agent', 'agent', 'checkout', 'container-0', 'test', 'container-2']),
  },
  {
    given: 'several containers with commands, of which the second fails',
    shows: [],
    step: ({ images }) => ({
      command: 'false',
      plugins: kubernetes({
        podSpec: {
          containers: [
            { image: images.busybox, command: ['echo "first $((1 + 1))"'] },
            { image: images.busybox, command: ['echo "second $((1 + 2))"; exit 7'] },
            { image: images.busybox, command: ['echo "third $((1 + 3))"'] },
          ],
        },
      }),
    }),
    log: ['first 2', 'second 3'],
    never: ['third 4'],
    ends: { state: 'finished', passed: false, exitStatus: 7, endedBy: 'agent' },
  },
  {
    given: 'an image of the podSpec and one of the step',
    shows: [],
    step: ({ images }) => ({
      command: 'busybox | head -n 1',
      image: images.busybox,
      plugins: kubernetes({ podSpec: { containers: [{ image: images.dash }] } }),
    }),
    log: ['BusyBox v'],
  },
  {
    given: 'images of the podSpec, of the step and of the patch',
    shows: [],
    step: ({ images }) => ({
      command: 'busybox | head -n 1',
      image: images.dash,
      plugins: kubernetes({
        podSpec: { containers: [{ image: images.dash }] },
        podSpecPatch: { containers: [{ name: 'container-0', image: images.busybox }] },
      }),
    }),
    log: ['BusyBox v'],
  },
  {
    given: 'a resource class, over the podSpec and below the patch',
    shows: [],
    step: () => ({
      command: 'echo "tag $BUILDKITE_AGENT_META_DATA_RESOURCE_CLASS"',
      agents: { resource_class: 'small' },
      plugins: kubernetes({
        podSpec: { containers: [{ resources: { requests: { cpu: '11m', memory: '30Mi' }, limits: { memory: '999Mi' } } }] },
        podSpecPatch: { containers: [{ name: 'container-0', resources: { requests: { memory: '31Mi' } } }] },
      }),
    }),
    log: ['tag small'],
    pod: pod =>
      expect(container(pod, 'container-0').resources).toMatchObject({
        limits: { memory: '160Mi' },
        requests: { cpu: '11m', memory: '31Mi' },
      }),
  },
  {
    given: 'several blocks, of which later ones win',
    shows: [],
    step: ({ images }) => ({
      command: 'busybox | head -n 1; echo "$A and $B"',
      plugins: [
        { kubernetes: { checkout: { skip: true }, metadata: { labels: { one: 'kept', two: 'lost' } } } },
        { kubernetes: { metadata: { labels: { two: 'won' } }, podSpec: { containers: [{ image: images.dash }] } } },
        {
          kubernetes: {
            podSpec: {
              containers: [
                {
                  image: images.busybox,
                  env: [
                    { name: 'A', value: 'this' },
                    { name: 'B', value: 'that' },
                  ],
                },
              ],
            },
          },
        },
      ],
    }),
    log: ['BusyBox v', 'this and that'],
    pod: ({ metadata }) => expect(metadata?.labels).toMatchObject({ one: 'kept', two: 'won' }),
  },
  {
    given: 'both plugins, of which the operator’s own wins',
    shows: [],
    step: ({ images }) => ({
      command: 'busybox | head -n 1; echo "$A, $B and $C"',
      plugins: [
        {
          kubernetes: {
            checkout: { skip: true, cloneFlags: '-v' },
            podSpec: {
              hostname: 'kp-both',
              containers: [
                {
                  image: images.dash,
                  env: [
                    { name: 'A', value: 'podSpec' },
                    { name: 'B', value: 'podSpec' },
                  ],
                },
              ],
            },
          },
        },
        {
          'buildkite-operator': {
            image: images.busybox,
            env: [
              { name: 'B', value: 'operator' },
              { name: 'C', value: 'operator' },
            ],
            podPatch: { subdomain: 'kp-patch' },
          },
        },
      ],
    }),
    log: ['BusyBox v', 'podSpec, operator and operator'],
    pod: ({ spec }) => expect(spec).toMatchObject({ hostname: 'kp-both', subdomain: 'kp-patch' }),
  },
  {
    given: 'variables of the pipeline and of the podSpec, of which the pipeline’s win',
    shows: [],
    step: () => ({
      command: 'echo "$BOTH, $ONE"',
      env: { BOTH: 'from the pipeline' },
      plugins: kubernetes({
        podSpec: {
          containers: [
            {
              env: [
                { name: 'BOTH', value: 'podSpec' },
                { name: 'ONE', value: 'from the podSpec' },
              ],
            },
          ],
        },
      }),
    }),
    log: ['from the pipeline, from the podSpec'],
  },
  {
    given: 'args without a command, which have no effect, and a PodTemplate beside a podSpec',
    shows: [],
    step: () => ({
      command: 'echo "step says $((40 + 2))"',
      plugins: kubernetes({ podTemplate: 'kp-template', podSpec: { containers: [{ args: ['never'] }] } }),
    }),
    log: ['step says 42'],
    notices: [
      'kubernetes.podTemplate has no effect beside podSpec',
      'kubernetes.podSpec.containers[0].args has no effect without a command',
    ],
  },
  {
    given: 'args in a patch, which keep the command that they are for',
    shows: [],
    step: () => ({
      command: 'false',
      plugins: kubernetes({
        podSpec: { containers: [{ command: ["printf '[%s]'"], args: ['before'] }] },
        podSpecPatch: { containers: [{ name: 'container-0', args: ['after it'] }] },
      }),
    }),
    log: ['[after it]'],
    pod: pod => expect(variable(pod, 'BUILDKITE_COMMAND')).toBe("printf '[%s]' 'after it'"),
  },
  {
    given: 'a patch that gives a variable another source and a volume, too',
    shows: [],
    step: () => ({
      command: 'echo "the $WORD, $(cat /notes/SETTING_WORD)"',
      plugins: kubernetes({
        podSpec: {
          containers: [{ env: [{ name: 'WORD', value: 'plain' }], volumeMounts: [{ name: 'notes', mountPath: '/notes' }] }],
          volumes: [{ name: 'notes', emptyDir: {} }],
        },
        podSpecPatch: {
          containers: [
            { name: 'container-0', env: [{ name: 'WORD', valueFrom: { secretKeyRef: { name: 'kp-values', key: 'SECRET_WORD' } } }] },
          ],
          volumes: [{ name: 'notes', configMap: { name: 'kp-settings' } }],
        },
      }),
    }),
    log: ['the sesame, as set'],
  },
  {
    given: 'a patch that takes something away',
    shows: [],
    step: () => ({
      command: 'echo "left: ${GONE:-nothing}"',
      plugins: kubernetes({
        podSpec: { hostname: 'kp-gone', containers: [{ env: [{ name: 'GONE', value: 'still there' }] }] },
        podSpecPatch: { hostname: null, containers: [{ name: 'container-0', env: [{ name: 'GONE', $patch: 'delete' }] }] },
      }),
    }),
    log: ['left: nothing'],
    pod: ({ spec }) => expect(spec?.hostname).toBeUndefined(),
  },
  {
    given: 'a container that a patch brings, which runs beside the job and is none of its own',
    shows: [],
    step: ({ images }) => ({
      command: `${until('/beside/word')}; cat /beside/word`,
      plugins: kubernetes({
        podSpec: {
          containers: [{ volumeMounts: [{ name: 'beside', mountPath: '/beside' }] }],
          volumes: [{ name: 'beside', emptyDir: {} }],
        },
        podSpecPatch: {
          containers: [
            {
              name: 'beside',
              image: images.busybox,
              command: ['sh', '-c', 'echo "from beside" >/beside/word'],
              volumeMounts: [{ name: 'beside', mountPath: '/beside' }],
            },
          ],
        },
      }),
    }),
    log: ['from beside'],
    pod: pod => expect(variable(pod, 'BUILDKITE_CONTAINER_COUNT', 'agent')).toBe('1'),
  },
  {
    given: 'an image that nobody can pull',
    shows: [],
    step: () => ({ command: 'true', image: 'registry.local:5000/kp/no-such-image:1', plugins: kubernetes({}) }),
    ends: { passed: false, signalReason: 'stack_error', endedBy: 'stack' },
    says: ['no-such-image'],
  },
];
