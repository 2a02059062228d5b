import { createHash } from 'node:crypto';
import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { marked, outputIn } from './job-output.ts';

const testbed = useTestbed();

/** Runs the command and gives what of its output is in Buildkite. */
async function outputOf(command: string): Promise<Buffer> {
  const { job } = await testbed.run(marked(command));
  const log = await testbed.log(job.id);
  expect(job.exitStatus, log.toString().slice(-2000)).toBe(0);
  return outputIn(log);
}

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const octal = (bytes: Buffer) => [...bytes].map(byte => `\\${byte.toString(8).padStart(3, '0')}`).join('');

describe.concurrent('given a command that writes', () => {
  it.concurrent.for([
    { what: 'nothing', bytes: Buffer.alloc(0) },
    { what: '1 byte', bytes: Buffer.from('x') },
    { what: 'a single newline', bytes: Buffer.from('\n') },
    { what: 'no newline at the end', bytes: Buffer.from('first line\nlast line') },
    { what: 'carriage returns', bytes: Buffer.from('10%\r50%\r100%\r\ndone\n') },
    {
      what: 'ANSI sequences',
      bytes: Buffer.from('\u001b[31mred\u001b[0m \u001b[1;38;5;208mbold\u001b[0m\n\u001b[2K\r\u001b]0;title\u0007\n'),
    },
    { what: 'an unfinished ANSI sequence before a newline', bytes: Buffer.from('a\u001b[\nb\u001b\n\u001b[3') },
    { what: 'UTF-8 of every length', bytes: Buffer.from('é € 🚀\n') },
    { what: 'invalid UTF-8', bytes: Buffer.from('fffec080eda0808041f0', 'hex') },
    { what: 'NUL bytes', bytes: Buffer.from('a\0b\0\0\n\0') },
    { what: 'every byte', bytes: everyByte },
  ])('when it is $what, then it arrives byte for byte', async ({ bytes }) => {
    expect(await outputOf(`printf '${octal(bytes)}'`)).toEqual(bytes);
  });

  it.concurrent('when it is 10 MB of random bytes, then they arrive byte for byte', async () => {
    const size = 10_000_000;
    const output = await outputOf(`head -c ${size} /dev/urandom >/tmp/random\nsha256sum </tmp/random\ncat /tmp/random`);
    const [, hash] = /^([0-9a-f]{64}) {2}-\n/.exec(output.subarray(0, 68).toString()) ?? [];
    const bytes = output.subarray(68);
    expect({ size: bytes.length, hash: createHash('sha256').update(bytes).digest('hex') }).toEqual({ size, hash });
  });

  it.concurrent('when it is one line of 2 MB, then the line arrives whole', async () => {
    const output = await outputOf(`head -c 2000000 /dev/zero | tr '\\0' x\nprintf '\\n'`);
    expect(output.equals(Buffer.from(`${'x'.repeat(2_000_000)}\n`))).toBe(true);
  });

  it.concurrent('when it is 20,000 short lines, then each arrives once and in order', async () => {
    const output = await outputOf(`seq 1 20000`);
    expect(output.toString()).toBe(Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join(''));
  });

  it.concurrent('when it comes in pieces with pauses, then the pieces are joined as they were written', async () => {
    expect((await outputOf(`printf a; sleep 1.5; printf 'b\\nc'; sleep 1.5; printf d`)).toString()).toBe('ab\ncd');
  });

  it.concurrent('when it goes to standard output and standard error, then the order is kept', async () => {
    expect((await outputOf(`for i in 1 2 3; do printf "out $i\\n"; printf "err $i\\n" >&2; done`)).toString()).toBe(
      'out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n',
    );
  });
});

describe.concurrent('given a command that looks at its terminal', () => {
  it.concurrent('when it asks, then both its outputs are one', async () => {
    expect((await outputOf('test -t 1 && test -t 2 && printf yes')).toString()).toBe('yes');
  });

  it.concurrent('when it turns on the translation of line ends, then lines end with one carriage return and a newline', async () => {
    expect((await outputOf(`stty opost onlcr\nprintf 'one\\ntwo\\n'`)).toString()).toBe('one\r\ntwo\r\n');
  });
});
