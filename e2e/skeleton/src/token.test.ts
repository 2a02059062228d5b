import { randomUUID } from 'node:crypto';
import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { findings, hiddenWord, searchFor } from './secret-search.ts';

const testbed = useTestbed();

/** A script that searches and looks for a service account; one that finds nothing proves only then something, so it first plants the token. */
function inspect(title: string): string {
  return [
    `echo ${hiddenWord(testbed.session.info.agentToken)} >/tmp/planted-${title}`,
    searchFor(testbed.session.info.agentToken, title),
    `echo "${title} service account: $(ls /var/run/secrets/kubernetes.io 2>/dev/null | wc -l)"`,
  ].join('\n');
}

/** The Buildkite API as a token's holder calls it. */
async function ask(method: string, path: string, token: string): Promise<number> {
  const response = await fetch(`${testbed.session.info.agentEndpoint}/${path}`, {
    method,
    headers: { Authorization: `Token ${token}`, ...(method === 'POST' && { 'Content-Type': 'application/json' }) },
    ...(method === 'POST' && { body: JSON.stringify({ name: 'intruder', hostname: 'intruder' }) }),
  });
  await response.arrayBuffer();
  return response.status;
}

describe.concurrent('given a running job, whose agent holds the token of the cluster', () => {
  it.concurrent('when every other container looks everywhere as root, then none finds the token or a service account', async () => {
    const { images, gitHttp } = testbed.session.info;
    const { name, commit } = await testbed.session.createRepository(`token-${randomUUID()}`, {
      '.buildkite/hooks/post-checkout': `#!/bin/sh\n${inspect('checkout')}\n`,
    });
    const root = { securityContext: { runAsUser: 0 } };
    const answering = `trap 'exit 0' TERM\nwhile [ ! -e /workspace/question ]; do sleep 0.1; done\n(${inspect('sidecar')}) >/workspace/answer.part 2>&1\nmv /workspace/answer.part /workspace/answer\nsleep 600 & wait`;
    const { job } = await testbed.run(
      [
        inspect('command'),
        'cat /workspace/init-answer',
        'touch /workspace/question',
        'while [ ! -e /workspace/answer ]; do sleep 0.1; done',
        'cat /workspace/answer',
      ].join('\n'),
      { repository: `${gitHttp.origin}/${name}.git`, branch: 'main', commit },
      {
        checkout: {},
        initContainers: [
          { name: 'init', image: images.busybox, command: ['sh', '-c', `(${inspect('init')}) >/workspace/init-answer 2>&1`], ...root },
        ],
        extraContainers: [{ name: 'sidecar', image: images.dash, command: ['sh', '-c', answering], ...root }],
      },
    );
    const log = (await testbed.log(job.id)).toString();
    expect(job, log).toMatchObject({ passed: true });
    for (const title of ['checkout', 'command', 'init', 'sidecar']) {
      expect({ [title]: findings(log, title) }).toEqual({ [title]: [`/tmp/planted-${title}`] });
      expect(log).toContain(`${title} service account: 0`);
    }
  });

  it.concurrent('when the command uses its access token, then it is the job’s own: good for the job, refused for anything else', async () => {
    const { simulator } = testbed.session;
    const [job, other] = [
      // Encoded, because the agent takes the token itself out of the log.
      await testbed.createJob('echo "token $(printf %s "$BUILDKITE_AGENT_ACCESS_TOKEN" | base64 | tr -d "\\n")." sho"wn"\nsleep 300'),
      await testbed.createJob('true'),
    ];
    const buildJob = await testbed.start(job);
    const { log } = await simulator.waitForLog(job.id, 'shown');
    const [, encoded = ''] = /token ([A-Za-z0-9+/=]+)\./.exec(log.toString()) ?? [];
    const token = Buffer.from(encoded, 'base64').toString();
    expect(token.length).toBeGreaterThan(10);
    expect(token).not.toBe(testbed.session.info.agentToken);
    testbed.expectBreaches(({ kind }) => kind === 'wrong-token' || kind === 'another-jobs-token');
    expect({
      ownJob: await ask('GET', `jobs/${job.id}`, token),
      otherJob: await ask('GET', `jobs/${other.id}`, token),
      acquire: await ask('PUT', `jobs/${other.id}/acquire`, token),
      register: await ask('POST', 'register', token),
    }).toEqual({ ownJob: 200, otherJob: 401, acquire: 401, register: 401 });
    await simulator.cancelJob(job.id);
    await testbed.session.waitForBothEnds(job, buildJob);
  });
});
