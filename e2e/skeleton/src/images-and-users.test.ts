import { randomUUID } from 'node:crypto';
import type { BuildEnvironmentSpec } from '@buildkite-operator/crds';
import type { BuildJobInput } from '@buildkite-operator/e2e-testbed';
import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';

const testbed = useTestbed();

/** The ways in which a command can get another user than its image's. */
const users: readonly {
  readonly who: string;
  readonly uid: number;
  readonly environment?: BuildEnvironmentSpec;
  readonly job?: BuildJobInput;
}[] = [
  { who: 'the image’s own user, root', uid: 0 },
  { who: 'root by the environment', uid: 0, environment: { container: { securityContext: { runAsUser: 0 } } } },
  { who: 'uid 1234 by the environment', uid: 1234, environment: { container: { securityContext: { runAsUser: 1234, runAsGroup: 1234 } } } },
  {
    who: 'uid 1234 by the security context of the pod',
    uid: 1234,
    environment: { podSecurityContext: { runAsUser: 1234, runAsGroup: 1234, fsGroup: 1234, runAsNonRoot: true } },
  },
  {
    who: 'uid 1234 by a patch',
    uid: 1234,
    job: { podPatch: { containers: [{ name: 'container-0', securityContext: { runAsUser: 1234, runAsGroup: 1234 } }] } },
  },
];

/** What git in the image says of the work tree after the command has changed it. */
const gitSees = { dash: ' M readme.txt,?? folder/deep/new.txt,?? made/,', busybox: 'is not there' } as const;

const matrix = (['dash', 'busybox'] as const).flatMap(image => users.map(user => ({ image, ...user })));

describe.concurrent('given a repository that a command works in', () => {
  it.concurrent.for(matrix)(
    'when the image has $image and the user is $who, then it can do all that a job does',
    async ({ image, uid, environment, job: input }) => {
      const { images, gitHttp } = testbed.session.info;
      const { name, commit } = await testbed.session.createRepository(`users-${randomUUID()}`, {
        'readme.txt': 'hello\n',
        'folder/deep/script': '#!/bin/sh\necho "script runs"\n',
      });
      const environmentName = `users-${randomUUID()}`;
      if (environment !== undefined) await testbed.createEnvironment(environmentName, environment);
      const { job } = await testbed.run(
        [
          'echo "uid $(id -u)"',
          './folder/deep/script',
          'echo changed >>readme.txt',
          'echo new >folder/deep/new.txt',
          'mkdir -p made/by/job && echo made >made/by/job/file.txt',
          'if command -v git >/dev/null; then echo "git $(git status --short | tr "\\n" ,)"; else echo "git is not there"; fi',
          'echo later >later.txt && buildkite-agent artifact upload later.txt',
          'echo "meta <$(buildkite-agent meta-data set a b && buildkite-agent meta-data get a)>"',
          'echo "home <$(cd "$HOME" && echo can enter)>"',
          'rm -rf folder && mv readme.txt moved.txt && echo "end rea"ched',
        ].join('\n'),
        { repository: `${gitHttp.origin}/${name}.git`, branch: 'main', commit, step: { artifact_paths: 'made/**/*.txt' } },
        { checkout: {}, image: images[image], ...input, ...(environment !== undefined && { environment: environmentName }) },
      );
      const log = (await testbed.log(job.id)).toString();
      expect(job, log).toMatchObject({ passed: true, exitStatus: 0 });
      expect(log).toContain(`uid ${uid}`);
      expect(log).toContain('script runs');
      expect(log).toContain('meta <b>');
      expect(log).toContain('home <can enter>');
      expect(log).toContain('end reached');
      expect(log).toContain(`git ${gitSees[image]}`);
      const artifacts = await testbed.session.simulator.artifacts(job.buildId);
      expect(artifacts.map(({ path }) => path).toSorted()).toEqual(['later.txt', 'made/by/job/file.txt']);
    },
  );
});

describe.concurrent('given further containers of a BuildEnvironment', () => {
  it.concurrent('when the job runs, then init containers have run before it and sidecars run beside it', async () => {
    const { images } = testbed.session.info;
    const name = `containers-${randomUUID()}`;
    const serve = `trap 'exit 0' TERM; while true; do if [ -e /workspace/question ]; then echo "answer by $(id -u)" >/workspace/answer; fi; sleep 0.1; done`;
    await testbed.createEnvironment(name, {
      initContainers: [
        {
          name: 'prepare',
          image: images.busybox,
          command: ['sh', '-c', 'echo "prepared for $WHO" >/workspace/prepared'],
          env: [{ name: 'WHO', value: 'you' }],
        },
        {
          name: 'prepare-more',
          image: images.busybox,
          command: ['sh', '-c', 'cat /workspace/prepared >/data/more'],
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ],
      extraContainers: [{ name: 'server', image: images.dash, command: ['sh', '-c', serve], securityContext: { runAsUser: 4321 } }],
      container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
      volumes: [{ name: 'data', emptyDir: {} }],
    });
    const { job, record } = await testbed.run(
      [
        'cat /workspace/prepared /data/more',
        'touch /workspace/question',
        'while [ ! -s /workspace/answer ]; do sleep 0.1; done',
        'cat /workspace/answer',
      ].join('\n'),
      {},
      { environment: name },
    );
    const log = (await testbed.log(job.id)).toString();
    expect(job, log).toMatchObject({ passed: true });
    expect(log).toMatch(/prepared for you\r?\nprepared for you/);
    expect(log).toContain('answer by 4321');
    expect(record.last.status).toMatchObject({ phase: 'Succeeded', reason: 'Completed', exitCode: 0 });
  });

  it.concurrent('when the job brings containers of its own, then they run beside those of the environment', async () => {
    const { images } = testbed.session.info;
    const name = `containers-${randomUUID()}`;
    const leaveNote = (note: string) => ['sh', '-c', `echo ${note} >>/workspace/notes`];
    await testbed.createEnvironment(name, {
      initContainers: [{ name: 'first', image: images.busybox, command: leaveNote('environment') }],
    });
    const { job } = await testbed.run(
      'cat /workspace/notes',
      {},
      {
        environment: name,
        initContainers: [{ name: 'second', image: images.busybox, command: leaveNote('job') }],
      },
    );
    expect((await testbed.log(job.id)).toString()).toMatch(/environment\r?\njob/);
  });

  it.concurrent('when an init container fails, then the job ends with InitFailed and the container’s name', async () => {
    const { images } = testbed.session.info;
    const name = `containers-${randomUUID()}`;
    await testbed.createEnvironment(name, {
      initContainers: [{ name: 'prepare', image: images.busybox, command: ['sh', '-c', 'echo no >&2; exit 4'] }],
    });
    const job = await testbed.createJob('true');
    const record = await testbed.session.waitForEnd(await testbed.start(job, { environment: name }));
    expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'InitFailed' });
    expect(record.last.status?.message).toContain('prepare');
    expect(record.last.status?.message).toContain('4');
  });
});

describe.concurrent('given checkout.skip', () => {
  it.concurrent.for(['dash', 'busybox'] as const)(
    'when the image has %s, then the command runs in an empty folder that it can write to',
    async image => {
      const { images } = testbed.session.info;
      const { job } = await testbed.run(
        'echo "empty <$(ls -A)>"\necho text >file.txt\nmkdir folder\necho "now <$(ls -A | tr "\\n" ,)>"',
        { step: { artifact_paths: '*.txt' } },
        { checkout: { skip: true }, image: images[image] },
      );
      const log = (await testbed.log(job.id)).toString();
      expect(job, log).toMatchObject({ passed: true });
      expect(log).toContain('empty <>');
      expect(log).toContain('now <file.txt,folder,>');
      expect((await testbed.session.simulator.artifacts(job.buildId)).map(({ path }) => path)).toEqual(['file.txt']);
    },
  );
});
