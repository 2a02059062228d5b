import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type AgentPod, type AgentPodOptions, removeAgentPod, startAgentPod } from './testing/agent-pod.ts';
import { takeBreaches } from './testing/referee-check.ts';
import { useRealAgent } from './testing/use-real-agent.ts';

const real = useRealAgent({ heartbeatIntervalSeconds: 1, lostAgentAfterMs: 4000 });
const pods: AgentPod[] = [];
afterEach(async () => {
  await Promise.all(pods.splice(0).map(removeAgentPod));
});

async function start(command: string, options: AgentPodOptions) {
  const { simulator, yard } = real;
  const job = await simulator.control.createJob(command, { repository: yard.repository, branch: 'main' });
  const pod = await startAgentPod(yard, simulator, { id: job.id, command }, options);
  pods.push(pod);
  return { job, pod };
}

/** How job and processes ended. */
async function outcome({ job, pod }: Awaited<ReturnType<typeof start>>) {
  const { control } = real.simulator;
  const [{ state, passed, exitStatus, signalReason }, { exitCode, signal }, checkout, command] = await Promise.all([
    control.waitForJob(job.id, 'ended', 90_000),
    pod.agent.end,
    pod.checkout.end,
    pod.command.end,
  ]);
  return { state, passed, exitStatus, signalReason, agent: exitCode ?? signal, checkout, command };
}

describe('given a job with a command of 300 KB, which Buildkite repeats in BUILDKITE_SCRIPT_PATH', () => {
  const end = [
    'echo "script: ${BUILDKITE_SCRIPT_PATH-none}"',
    'grep -q "^BUILDKITE_SCRIPT_PATH=" "$BUILDKITE_ENV_FILE" && echo "in the file: all of it"',
    'echo "checked out: $(git log -1 --format=%s)"',
    'exit 42',
  ];
  const script = [`: ${'long '.repeat(60_000)}`, ...end].join('\n');

  it('when its clients run under the filter, then it runs to its own end, with everything else that the agent hands over', async () => {
    const running = await start(script, { filtered: true, script });
    expect(await outcome(running)).toMatchObject({ state: 'finished', exitStatus: 42, checkout: 0, command: 42 });
    const log = (await real.simulator.control.jobLog(running.job.id, { strip: true })).toString();
    expect(log).toContain('script: none');
    expect(log).toContain('in the file: all of it');
    expect(log).toContain('checked out: first');
    for (const client of [running.pod.checkout, running.pod.command])
      expect(client.output()).toMatch(/leaving out BUILDKITE_SCRIPT_PATH of \d{6} bytes/);
  });

  it('when they run without it, then no process can be started', async () => {
    const running = await start(script, { filtered: false, script });
    expect(await running.pod.checkout.end).toBe(1);
    expect(await real.simulator.control.waitForJob(running.job.id, 'ended', 90_000)).toMatchObject({ state: 'finished', passed: false });
    const log = (await real.simulator.control.jobLog(running.job.id, { strip: true })).toString();
    expect(log).toContain('argument list too long');
  });
});

describe('given any other job', () => {
  interface Fate {
    readonly when: string;
    readonly command: string;
    /** What happens once the command has begun. */
    readonly meanwhile?: (running: Awaited<ReturnType<typeof start>>) => unknown;
    /** How the job ends, and the container of its command. */
    readonly ends: Readonly<Record<string, unknown>>;
    /** What the referee has to say of it. */
    readonly breaches?: readonly string[];
  }
  const begun = 'echo be"gun"; sleep 60';
  const cancel: Fate['meanwhile'] = ({ job }) => real.simulator.control.cancelJob(job.id);
  const fates: readonly Fate[] = [
    { when: 'its command succeeds', command: 'true', ends: { passed: true, exitStatus: 0, command: 0 } },
    { when: 'its command fails', command: 'exit 3', ends: { passed: false, exitStatus: 3, command: 3 } },
    { when: 'it is cancelled', command: begun, meanwhile: cancel, ends: { signalReason: 'cancel', exitStatus: -1, command: 255 } },
    {
      when: 'it is cancelled and ignores that',
      command: `trap "" TERM; ${begun}; sleep 60`,
      meanwhile: cancel,
      ends: { signalReason: 'cancel', exitStatus: 137, command: 255 },
    },
    {
      when: 'its container gets a signal of Kubernetes, which it leaves to the agent',
      command: 'echo be"gun"; sleep 2',
      meanwhile: ({ pod }) => pod.command.kill('SIGTERM'),
      ends: { passed: true, exitStatus: 0, command: 0 },
    },
    {
      when: 'the whole pod gets that signal',
      command: begun,
      meanwhile: ({ pod }) => {
        for (const process of [pod.command, pod.agent]) process.kill('SIGTERM');
      },
      ends: { signalReason: 'agent_stop', exitStatus: -1, command: 255 },
    },
    {
      when: 'its agent is killed',
      command: begun,
      meanwhile: ({ pod }) => pod.agent.kill('SIGKILL'),
      ends: { exitStatus: -1, agent: 'SIGKILL', command: 255 },
      breaches: ['agent-vanished'],
    },
    {
      when: 'the container of its command is killed, which the agent misses for 30 s',
      command: begun,
      meanwhile: ({ pod }) => pod.command.destroy(),
      ends: { exitStatus: -7, command: 'SIGKILL' },
    },
  ];

  it.for(fates)(
    'when $when, then it ends under the filter as it does without',
    { timeout: 240_000 },
    async ({ command, meanwhile, ends, breaches = [] }) => {
      const both = [true, false].map(async filtered => {
        const running = await start(command, { filtered });
        if (meanwhile !== undefined) {
          await real.simulator.control.waitForLog(running.job.id, 'begun', 60_000);
          await delay(100);
          await meanwhile(running);
        }
        return outcome(running);
      });
      const [under, without] = await Promise.all(both);
      expect(under).toStrictEqual(without);
      expect(under).toMatchObject(ends);
      expect(await takeBreaches(real.simulator.control)).toEqual(breaches);
    },
  );
});
