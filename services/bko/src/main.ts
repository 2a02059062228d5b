import { once } from 'node:events';
import { runCli } from './cli/run-cli.ts';

const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.on(name, () => {
    // Asked twice: at once.
    if (stop.signal.aborted) process.exit(name === 'SIGTERM' ? 143 : 130);
    stop.abort(new Error(`stopped by ${name}`));
  });
}
// Whoever read the output is gone; what is under way goes on to its end.
process.stdout.on('error', () => {});

process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  stdin: process.stdin,
  write: async bytes => {
    if (process.stdout.writable && !process.stdout.write(bytes))
      await Promise.race([once(process.stdout, 'drain'), once(process.stdout, 'close')]);
  },
  printError: line => void process.stderr.write(`${line}\n`),
  signal: stop.signal,
});
