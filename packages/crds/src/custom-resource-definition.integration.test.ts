import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CrdTestServer } from './crd-test-server.ts';
import { crdFolder } from './generated-files.ts';
import { isObject } from './json-object.ts';
import { kinds } from './kinds.ts';
import { parseBuildEnvironment, parseBuildJob } from './parse.ts';
import { schemaFields } from './schema-fields.ts';

const root = resolve(import.meta.dirname, '../../..');
const apiVersion = 'buildkite-operator.io/v1alpha1';
const jobId = '0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b';
let server: CrdTestServer;

beforeAll(async () => {
  server = await CrdTestServer.start();
  const files = kinds.map(({ plural }) => readFile(resolve(root, crdFolder, `${plural}.yaml`), 'utf8'));
  await server.install(...(await Promise.all(files)).map(text => parse(text)));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

function job(spec: object, name = 'bk-1'): object {
  return { apiVersion, kind: 'BuildJob', metadata: { name }, spec: { buildkite: { jobId }, ...spec } };
}

function environment(spec: object, name = 'node'): object {
  return { apiVersion, kind: 'BuildEnvironment', metadata: { name }, spec };
}

const inDefault = (object: object) => ({ ...object, metadata: { ...Reflect.get(object, 'metadata'), namespace: 'default' } });

describe('the committed CRDs on a real API server', () => {
  it.each(kinds.map(({ plural }) => plural))('%s is served, and nothing in it is not structural', async plural => {
    const crd = await server.mustJson(['get', `customresourcedefinition/${plural}.buildkite-operator.io`]);
    const conditions = isObject(crd['status']) ? crd['status']['conditions'] : undefined;
    expect(conditions).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'Established', status: 'True' }),
        expect.objectContaining({ type: 'NamesAccepted', status: 'True' }),
      ]),
    );
    expect(JSON.stringify(conditions)).not.toMatch(/NonStructural/);
  });

  it('can be installed a second time without a change', async () => {
    const before = await server.mustJson(['get', 'customresourcedefinitions']);
    const answer = await server.must(['apply', '--server-side', `--kustomize=${resolve(root, crdFolder)}`]);
    expect(answer.split('\n')).toHaveLength(kinds.length);
    const after = await server.mustJson(['get', 'customresourcedefinitions']);
    expect(generations(after)).toEqual(generations(before));
  });

  it('answers to the short names and to the category', async () => {
    await server.must(['create', '--filename=-'], job({}, 'by-name'));
    await server.must(['create', '--filename=-'], environment({}, 'by-name'));
    const found = await server.must(['get', 'buildkite', '--output=name']);
    expect(found.split('\n')).toEqual(
      expect.arrayContaining([`buildjob.buildkite-operator.io/by-name`, `buildenvironment.buildkite-operator.io/by-name`]),
    );
    await server.must(['delete', 'bj/by-name', 'be/by-name']);
  });
});

function generations(list: object): unknown {
  const items: unknown = Reflect.get(list, 'items');
  return Array.isArray(items)
    ? items.map(item => [Reflect.get(item.metadata, 'name'), Reflect.get(item.metadata, 'generation')])
    : undefined;
}

describe('a good object', () => {
  const container = { name: 'db', image: 'postgres:17', env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] };
  const rules = [
    { key: 'zone', operator: 'In', values: ['a', 'b'] },
    { key: 'gpu', operator: 'Exists' },
    { key: 'cores', operator: 'Gt', values: ['4'] },
  ];
  const cases: readonly (readonly [string, object])[] = [
    ['with the Buildkite job only', job({})],
    ['with an image', job({ image: 'registry.example.com:5000/team/node@sha256:abc' })],
    ['with an environment', job({ environment: 'node' })],
    ['with an image over its environment', job({ environment: 'node', image: 'node:24' })],
    [
      'with quantities as texts and as numbers',
      job({ resources: { requests: { cpu: 2, memory: '1.5Gi' }, limits: { 'nvidia.com/gpu': 1 } } }),
    ],
    [
      'with containers by name and written out',
      job({ initContainers: [{ environment: 'warm' }, container], extraContainers: [{ ...container, essential: true }] }),
    ],
    ['with node rules', job({ jobNodeRequirements: rules, jobNodePreferences: [{ weight: 100, requirements: rules }] })],
    [
      'with tolerations',
      job({ tolerations: [{ operator: 'Exists' }, { key: 'a', value: 'b', effect: 'NoExecute', tolerationSeconds: 0 }] }),
    ],
    ['with anything in podPatch', job({ podPatch: { dnsPolicy: 'None', containers: [{ name: 'x', $patch: 'delete' }], n: 1.5 } })],
    [
      'with tags, a checkout and exporters',
      job({
        buildkite: { jobId, agentTags: { arch: 'arm64' }, outsideAgent: { environmentSecret: 'job.environment' } },
        checkout: {
          skip: true,
          cloneFlags: '--depth=1',
          submoduleCloneConfig: ['http.version=HTTP/1.1'],
          gitMirrors: { volume: { name: 'mirrors', hostPath: { path: '/mirrors' } }, path: '/m', lockTimeout: 60, skipUpdate: true },
        },
        logExporter: { enabled: true, settings: { index: 'ci' } },
      }),
    ],
    [
      'at all its limits',
      job(
        {
          timeoutSeconds: 2_147_483_647,
          terminationGracePeriodSeconds: 86_400,
          ttlSecondsAfterFinished: 0,
          command: 'x'.repeat(1_000_000),
        },
        'a'.repeat(63),
      ),
    ],
    [
      'that describes an environment',
      environment({
        container: { image: 'node:24', volumeMounts: [{ name: 'c', mountPath: '/c', readOnly: true }] },
        volumes: [{ name: 'c', emptyDir: {} }],
      }),
    ],
    ['that describes an empty environment', environment({})],
  ];
  it.each(cases)('%s is accepted, and means the same to us as to the server', async (_name, object) => {
    const stored = await server.mustJson(['create', '--dry-run=server', '--validate=strict', '--filename=-'], object);
    const ours = Reflect.get(object, 'kind') === 'BuildJob' ? parseBuildJob : parseBuildEnvironment;
    expect(ours(stored).spec).toEqual(stored['spec']);
    expect(ours(inDefault(object)).spec).toEqual(stored['spec']);
  });
});

describe('a bad object is refused, and the answer names the field', () => {
  const rule = (values: object) => ({ jobNodeRequirements: [{ key: 'zone', ...values }] });
  const toleration = (values: object) => ({ tolerations: [values] });
  /** name, spec of a BuildJob, the server's words. */
  const shapes: readonly (readonly [string, object, RegExp])[] = [
    ['no Buildkite job', { buildkite: undefined }, /spec\.buildkite: Required value/],
    ['no job id', { buildkite: {} }, /spec\.buildkite\.jobId: Required value/],
    ['a job id that is no UUID', { buildkite: { jobId: 'X' } }, /spec\.buildkite\.jobId: Invalid value: "X"/],
    ['a priority beyond 32 bits', { buildkite: { jobId, priority: 2_147_483_648 } }, /spec\.buildkite\.priority: Invalid value/],
    [
      'an agent tag with an endless key',
      { buildkite: { jobId, agentTags: { ['k'.repeat(256)]: 'v' } } },
      /spec\.buildkite\.agentTags: Invalid value.*at most 255/,
    ],
    ['an outside agent without the Secret', { buildkite: { jobId, outsideAgent: {} } }, /outsideAgent\.environmentSecret: Required value/],
    ['a command that is no text', { command: ['make'] }, /spec\.command: Invalid value: "array"/],
    ['an image with a space', { image: 'node 24' }, /spec\.image: Invalid value: "node 24"/],
    ['an empty image', { image: '' }, /spec\.image: Invalid value: ""/],
    ['an environment that can be no name', { environment: 'Node' }, /spec\.environment: Invalid value: "Node"/],
    ['env as a list of texts', { env: ['A=b'] }, /spec\.env\[0\]: Invalid value: "string"/],
    ['env without a name', { env: [{ value: 'b' }] }, /spec\.env\[0\]\.name: Required value/],
    ['a variable name with =', { env: [{ name: 'A=B' }] }, /spec\.env\[0\]\.name: Invalid value: "A=B"/],
    ['a variable that is a number', { env: [{ name: 'A', value: 1 }] }, /spec\.env\[0\]\.value: Invalid value: "integer"/],
    ['a quantity that is a list', { resources: { limits: { cpu: [] } } }, /spec\.resources\.limits\.cpu: Invalid value: "array"/],
    ['an unknown operator', rule({ operator: 'Is' }), /spec\.jobNodeRequirements\[0\]\.operator: Unsupported value: "Is"/],
    [
      'a weight above 100',
      { jobNodePreferences: [{ weight: 101, requirements: [{ key: 'a', operator: 'Exists' }] }] },
      /spec\.jobNodePreferences\[0\]\.weight: Invalid value: 101/,
    ],
    [
      'an unknown effect',
      toleration({ operator: 'Exists', effect: 'Never' }),
      /spec\.tolerations\[0\]\.effect: Unsupported value: "Never"/,
    ],
    [
      'too many init containers',
      { initContainers: Array.from({ length: 21 }, (_, index) => ({ environment: `e${index}` })) },
      /spec\.initContainers: Too many: 21/,
    ],
    [
      'an upper-case container name',
      { initContainers: [{ name: 'DB', image: 'x' }] },
      /spec\.initContainers\[0\]\.name: Invalid value: "DB"/,
    ],
    [
      'a mount without a path',
      { extraContainers: [{ environment: 'a', volumeMounts: [{ name: 'c' }] }] },
      /spec\.extraContainers\[0\]\.volumeMounts\[0\]\.mountPath: Required value/,
    ],
    [
      'a setting of git without a value',
      { checkout: { submoduleCloneConfig: ['a=b', 'c'] } },
      /spec\.checkout\.submoduleCloneConfig\[1\]: /,
    ],
    ['two settings of git in one', { checkout: { submoduleCloneConfig: ['a=b,c=d'] } }, /spec\.checkout\.submoduleCloneConfig\[0\]: /],
    ['a relative path of git mirrors', { checkout: { gitMirrors: { path: 'm' } } }, /spec\.checkout\.gitMirrors\.path: /],
    ['no time to wait for a git mirror', { checkout: { gitMirrors: { lockTimeout: 0 } } }, /spec\.checkout\.gitMirrors\.lockTimeout: /],
    [
      'a volume of git mirrors without a name',
      { checkout: { gitMirrors: { volume: { emptyDir: {} } } } },
      /spec\.checkout\.gitMirrors\.volume\.name: Required value/,
    ],
    ['a podPatch that is a text', { podPatch: 'hostNetwork: true' }, /spec\.podPatch: Invalid value: "string"/],
    ['a timeout of nothing', { timeoutSeconds: 0 }, /spec\.timeoutSeconds: Invalid value: 0/],
    ['a timeout that is a text', { timeoutSeconds: '60' }, /spec\.timeoutSeconds: Invalid value: "string"/],
    ['a timeout of half a second', { timeoutSeconds: 0.5 }, /spec\.timeoutSeconds: Invalid value/],
    ['a timeout beyond 32 bits', { timeoutSeconds: 2_147_483_648 }, /spec\.timeoutSeconds: Invalid value/],
    [
      'a grace period too short for an agent',
      { terminationGracePeriodSeconds: 1 },
      /spec\.terminationGracePeriodSeconds: Invalid value: 1/,
    ],
    ['cancelled as a text', { cancelled: 'yes' }, /spec\.cancelled: Invalid value: "string"/],
    ['an unknown mirror mode', { repoMirror: { mode: 'copy' } }, /spec\.repoMirror\.mode: Unsupported value: "copy"/],
  ];
  it.each(shapes)('%s; parseBuildJob blames the same field', async (_name, spec, words) => {
    const answer = await server.kubectl(['create', '--dry-run=server', '--filename=-'], job(spec));
    expect(answer).toMatchObject({ ok: false, stderr: expect.stringMatching(words) });
    const [field = ''] = /spec[\w.[\]]*(?=:)/.exec(answer.stderr) ?? [];
    expect(() => parseBuildJob(inDefault(job(spec)))).toThrow(`\n  ${field}`);
  });

  /** Beyond what zod knows: rules in CEL, list keys, strict decoding. */
  const rules: readonly (readonly [string, object, RegExp])[] = [
    ['no spec', { ...job({}), spec: undefined }, /spec: Required value/],
    [
      'a variable given twice',
      job({ env: [{ name: 'A' }, { name: 'B' }, { name: 'A' }] }),
      /spec\.env\[2\]: Duplicate value: {"name":"A"}/,
    ],
    [
      'a variable with two values',
      job({ env: [{ name: 'A', value: 'b', valueFrom: {} }] }),
      /spec\.env\[0\]\.valueFrom: Invalid value.*not both/,
    ],
    [
      'In without values',
      job(rule({ operator: 'In' })),
      /spec\.jobNodeRequirements\[0\]\.values: Invalid value.*In and NotIn need at least one value/,
    ],
    ['Exists with values', job(rule({ operator: 'Exists', values: ['a'] })), /Exists and DoesNotExist take no values/],
    ['Gt with a negative number, which no label can be', job(rule({ operator: 'Gt', values: ['-4'] })), /values/],
    ['a node rule for something that is no label', job(rule({ key: 'a b', operator: 'Exists' })), /spec\.jobNodeRequirements\[0\]\.key/],
    [
      'a node rule with a value that no label can have',
      job(rule({ operator: 'In', values: ['a', 'b/c'] })),
      /spec\.jobNodeRequirements\[0\]\.values\[1\]/,
    ],
    [
      'a node selector for something that is no label',
      job({ nodeSelector: { 'a b': 'c' } }),
      /spec\.nodeSelector: Invalid value.*a key matches/,
    ],
    ['a node selector with a value that no label can have', job({ nodeSelector: { a: '-' } }), /spec\.nodeSelector\.a/],
    ['a toleration for something that is no taint', job(toleration({ key: 'a b', operator: 'Exists' })), /spec\.tolerations\[0\]\.key/],
    ['a toleration with a value that no taint has', job(toleration({ key: 'a', value: 'b c' })), /spec\.tolerations\[0\]\.value/],
    ['a quantity in words', job({ resources: { limits: { memory: 'much' } } }), /spec\.resources\.limits\.memory/],
    ['a negative quantity', job({ resources: { requests: { cpu: '-1' } } }), /spec\.resources\.requests\.cpu/],
    [
      'a resource that has no name',
      job({ resources: { limits: { '': 1 } } }),
      /spec\.resources\.limits: Invalid value.*a key has at least 1/,
    ],
    ['a variable with a name that is not ASCII', job({ env: [{ name: 'Ä', value: 'b' }] }), /spec\.env\[0\]\.name/],
    ['a tag that would be two', job({ buildkite: { jobId, agentTags: { os: 'linux,admin=true' } } }), /spec\.buildkite\.agentTags\.os/],
    [
      'an init container with a probe',
      job({ initContainers: [{ name: 'a', image: 'b', livenessProbe: { tcpSocket: { port: 1 } } }] }),
      /spec\.initContainers: Invalid value.*are for sidecars/,
    ],
    ['a pod label that is none', environment({ podLabels: { team: 'a b' } }), /spec\.podLabels\.team/],
    [
      'a pod annotation that is none',
      environment({ podAnnotations: { 'a b': 'c' } }),
      /spec\.podAnnotations: Invalid value.*a key matches/,
    ],
    [
      'Gt with a word',
      job(rule({ operator: 'Gt', values: ['many'] })),
      /Gt and Lt need exactly one value, an integer that is not negative/,
    ],
    ['Lt with two numbers', job(rule({ operator: 'Lt', values: ['1', '2'] })), /Gt and Lt need exactly one value, an integer/],
    [
      'Exists with a value in a toleration',
      job(toleration({ key: 'a', operator: 'Exists', value: 'b' })),
      /spec\.tolerations\[0\]\.value: Invalid value.*takes no value/,
    ],
    [
      'a toleration without key and operator',
      job(toleration({ value: 'b' })),
      /spec\.tolerations\[0\]\.operator: Invalid value.*needs operator Exists/,
    ],
    [
      'tolerationSeconds for NoSchedule',
      job(toleration({ key: 'a', effect: 'NoSchedule', tolerationSeconds: 1 })),
      /spec\.tolerations\[0\]\.tolerationSeconds/,
    ],
    [
      'a container without environment and image',
      job({ extraContainers: [{ name: 'db' }] }),
      /spec\.extraContainers\[0\]: Invalid value.*name an environment/,
    ],
    [
      'two containers of one name',
      job({ extraContainers: [{ name: 'db', image: 'x' }, { environment: 'db' }] }),
      /spec\.extraContainers: Invalid value.*two containers have the same name/,
    ],
    [
      'commands one after another without an agent',
      job({ buildkite: { jobId, outsideAgent: { environmentSecret: 's' } }, commandContainers: [{ name: 'test', command: 'make test' }] }),
      /spec\.commandContainers: Forbidden.*put them all into spec\.command/,
    ],
    ['an unknown field', job({ enviroment: 'node' }), /unknown field "spec\.enviroment"/],
    ['an unknown field deep down', job({ env: [{ name: 'A', vlaue: 'b' }] }), /unknown field "spec\.env\[0\]\.vlaue"/],
    ['a name too long for a label', job({}, 'a'.repeat(64)), /metadata\.name: Invalid value.*63/],
    ['a name with dots', job({}, 'a.b'), /metadata\.name: Invalid value.*the name of the pod/],
    ['an environment with a name too long for a label', environment({}, 'a'.repeat(64)), /metadata\.name: Invalid value.*63/],
    [
      'an environment with an image that has a space',
      environment({ container: { image: 'a b' } }),
      /spec\.container\.image: Invalid value/,
    ],
    [
      'an environment with a volume given twice',
      environment({ volumes: [{ name: 'v' }, { name: 'v' }] }),
      /spec\.volumes\[1\]: Duplicate value/,
    ],
    [
      'an environment with a pull secret given twice',
      environment({ imagePullSecrets: [{ name: 'v' }, { name: 'v' }] }),
      /spec\.imagePullSecrets\[1\]: Duplicate value/,
    ],
  ];
  it.each(rules)('%s', async (_name, object, words) => {
    const answer = await server.kubectl(['create', '--dry-run=server', '--filename=-'], object);
    expect(answer).toMatchObject({ ok: false, stderr: expect.stringMatching(words) });
  });

  it('of which every fault is named at once', async () => {
    const { stderr } = await server.kubectl(
      ['create', '--dry-run=server', '--filename=-'],
      job({ image: 'a b', timeoutSeconds: 0, env: [{ name: '=' }] }),
    );
    expect(stderr).toMatch(/spec\.image/);
    expect(stderr).toMatch(/spec\.timeoutSeconds/);
    expect(stderr).toMatch(/spec\.env\[0\]\.name/);
  });

  it('unless validation is off: then an unknown field is dropped', async () => {
    const stored = await server.mustJson(
      ['create', '--dry-run=server', '--validate=ignore', '--filename=-'],
      job({ enviroment: 'node', command: 'make' }),
    );
    expect(stored['spec']).toEqual({ buildkite: { jobId }, command: 'make', cancelled: false });
  });

  it('or only warned about: then the warning names the field', async () => {
    const answer = await server.kubectl(['create', '--dry-run=server', '--validate=warn', '--filename=-'], job({ enviroment: 'node' }));
    expect(answer).toMatchObject({ ok: true, stderr: expect.stringContaining('unknown field "spec.enviroment"') });
  });
});

describe('kubectl explain', () => {
  it.each(kinds.map(kind => [kind.kind, kind] as const))(
    'has something to say about every field of %s',
    async (_name, { kind, spec, status }) => {
      const document: unknown = JSON.parse(await server.must(['get', '--raw', `/openapi/v3/apis/${apiVersion}`]));
      const published = findSchema(document, kind);
      const fields = [...schemaFields({ properties: { spec, ...(status === undefined ? {} : { status }) } }, kind)];
      const silent = fields.filter(({ path }) => descriptionAt(published, path).length < 10);
      expect(fields.length).toBeGreaterThan(100);
      expect(silent.map(({ path }) => path)).toEqual([]);
    },
  );

  it.each([
    ['bj', 'A Buildkite job that runs as a pod.'],
    ['bj.spec.env', 'Environment variables, in order.'],
    ['bj.spec.env.value', '$(OTHER) is replaced by an earlier variable'],
    ['bj.spec.podPatch', 'Strategic merge patch'],
    ['bj.spec.initContainers.environment', 'The BuildEnvironment that describes the container.'],
    ['bj.spec.resources.limits', 'OOMKilled'],
    ['bj.status.phase', 'Where the job is in its life.'],
    ['be.spec.container.image', 'Image of the container.'],
  ])('%s: %s', async (field, words) => {
    const shown = await server.must(['explain', field]);
    expect(shown.replaceAll(/\s+/g, ' ')).toContain(words);
  });
});

function findSchema(document: unknown, kind: string): unknown {
  const components = isObject(document) && isObject(document['components']) ? document['components'] : {};
  const schemas = isObject(components['schemas']) ? components['schemas'] : {};
  return Object.entries(schemas).find(([name]) => name.endsWith(`.${kind}`))?.[1];
}

/** The description of `Kind.spec.env[].name` in a published schema. */
function descriptionAt(schema: unknown, path: string): string {
  let at: unknown = schema;
  for (const part of path.split(/\.|(?=\[)/).slice(1)) {
    if (!isObject(at)) return '';
    if (part === '[]') at = at['items'];
    else if (part === '[*]') at = at['additionalProperties'];
    else at = isObject(at['properties']) ? at['properties'][part] : undefined;
  }
  return isObject(at) && typeof at['description'] === 'string' ? at['description'] : '';
}
