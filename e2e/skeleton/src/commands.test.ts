import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { marked, outputIn } from './job-output.ts';

const testbed = useTestbed();

async function outputOf(command: string): Promise<string> {
  const { job } = await testbed.run(marked(command));
  const log = await testbed.log(job.id);
  expect(job.exitStatus, log.toString().slice(-2000)).toBe(0);
  return outputIn(log).toString();
}

describe.concurrent('given the text of a command', () => {
  it.concurrent.for([
    {
      what: 'dollars that Kubernetes would take for variables',
      command: `echo '$(HOME) $$(HOME) $$ $$$'`,
      output: '$(HOME) $$(HOME) $$ $$$\n',
    },
    { what: 'variables of the shell', command: 'a=1; echo "$a ${a}2 $((a + 1)) $(echo sub)"', output: '1 12 2 sub\n' },
    {
      what: 'quotes and backslashes',
      command: String.raw`printf '%s\n' "it's" 'a "b"' 'c\d\\e' '\n'`,
      output: 'it\'s\na "b"\nc\\d\\\\e\n\\n\n',
    },
    { what: 'a here-document', command: 'cat <<END\n  indented $((1+1))\nEND', output: '  indented 2\n' },
    { what: 'comments and empty lines', command: '# comment\n\n  # another\necho yes # third\n\n', output: 'yes\n' },
    { what: 'text beyond ASCII', command: `printf '%s' 'é 🚀 ʤ'`, output: 'é 🚀 ʤ' },
    { what: 'a background process', command: '(sleep 0.3; echo second) &\necho first\nwait', output: 'first\nsecond\n' },
  ])('when it has $what, then it runs as it is written', async ({ command, output }) => {
    expect(await outputOf(command)).toBe(output);
  });

  it.concurrent('when it is 100 kB long, then all of it runs', async () => {
    const lines = Array.from({ length: 3000 }, (_, index) => `: a line of the script, number ${String(index).padStart(5, '0')}`);
    expect(await outputOf([...lines, 'echo end'].join('\n'))).toBe('end\n');
  });

  it.concurrent('when it is 300 KiB long, too long for a process, then all of it runs, with its exit code', async () => {
    const command = `${': $(HOME) $$ é, a line that says nothing\n'.repeat(7500)}printf '%s%s' 'all-of-' 'it'\nexit 7`;
    const job = await testbed.createJob('true');
    const record = await testbed.session.waitForEnd(await testbed.start(job, { command }));
    expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'ExitCode', exitCode: 7 });
    expect((await testbed.log(job.id)).toString()).toContain('all-of-it');
  });
});
