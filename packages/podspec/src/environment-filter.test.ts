import type { BuildJobSpec } from '@buildkite-operator/crds';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filtersEnvironment } from './environment-filter.ts';
import { fitsProcess } from './long-command.ts';
import { renderPod } from './render-pod.ts';
import { podDefaults, sampleJob } from './testing/index.ts';
import { containerOf } from './testing/pod-containers.ts';

/** The longest command that Buildkite can repeat in a variable. */
const longest = 'x'.repeat(131_072 - 'BUILDKITE_SCRIPT_PATH='.length - 1);

const pods = (spec: Partial<BuildJobSpec>) => renderPod(sampleJob(spec), new Map(), podDefaults).spec;

/** The last lines of the scripts, without what comes before a client in each of them. */
function scriptsOf(spec: Partial<BuildJobSpec>) {
  const scripts = (['copy-agent', 'checkout', 'container-0'] as const).map(name => {
    const { command = [], args = [] } = containerOf(pods(spec), name);
    return [...command, ...args].at(-1) ?? '';
  });
  return { lines: scripts.flatMap(script => script.split('\n')), clients: scripts.slice(1).map(script => script.split('\n').at(-1)) };
}

describe('given a job whose commands Buildkite can repeat in a variable', () => {
  it.each<[string, Partial<BuildJobSpec>]>([
    ['none', {}],
    ['the longest', { command: longest }],
    ['a further one', { command: 'make', commandContainers: [{ name: 'lint', command: longest }, { name: 'plugin' }] }],
  ])('when the command is %s, then its pod knows no filter', (_what, spec) => {
    expect(filtersEnvironment(spec)).toBe(false);
    expect(JSON.stringify(pods(spec))).not.toContain('environment-filter');
  });
});

describe('given a job with a command that no process can be given in BUILDKITE_SCRIPT_PATH', () => {
  it.each<[string, Partial<BuildJobSpec>]>([
    ['its only one', { command: `${longest}x` }],
    ['its last one', { command: 'make', commandContainers: [{ name: 'lint', command: `${longest}x` }] }],
  ])('when that is %s, then every client runs under the filter, which is in the workspace for any image', (_what, spec) => {
    expect(filtersEnvironment(spec)).toBe(true);
    const { lines, clients } = scriptsOf(spec);
    expect(lines).toContain('cp /usr/local/bin/environment-filter /workspace/environment-filter');
    expect(clients).toEqual([
      'exec /usr/local/bin/environment-filter buildkite-agent-entrypoint kubernetes-bootstrap',
      'exec /workspace/environment-filter /workspace/buildkite-agent kubernetes-bootstrap',
    ]);
  });

  it('then the agent itself runs as ever', () => {
    const agentOf = (command: string) => containerOf(pods({ command }), 'agent');
    expect(agentOf(`${longest}x`)).toStrictEqual(agentOf('make'));
  });

  it('then that holds for every command that is run from a file', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), fc.integer({ min: 130_900, max: 131_200 }), (end, length) => {
        const command = 'x'.repeat(length) + end;
        expect(filtersEnvironment({ command })).toBe(!fitsProcess('BUILDKITE_SCRIPT_PATH', command));
        expect(fitsProcess('BUILDKITE_COMMAND', command) || filtersEnvironment({ command })).toBe(true);
      }),
    );
  });
});
