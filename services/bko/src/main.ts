import { runCli } from './cli/run-cli.ts';

const stop = new AbortController();
let asked = false;
for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.on(name, () => {
    // Asked twice: at once.
    if (asked) process.exit(name === 'SIGTERM' ? 143 : 130);
    asked = true;
    stop.abort(new Error(`stopped by ${name}`));
  });
}
// The terminal is closed. An agent that cancels a job ends the step's shell first, which does this, too, and before the SIGTERM that follows.
process.on('SIGHUP', () => stop.abort(new Error('stopped by SIGHUP')));
// Whoever read the output is gone; what is under way goes on to its end.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {});

process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  stdin: process.stdin,
  // Waits for a slow reader, and fails for none that is gone: an agent closes the terminal 10 s after a cancelled step's shell has ended.
  write: bytes => new Promise(resolve => process.stdout.write(bytes, () => resolve())),
  printError: line => void process.stderr.write(`${line}\n`),
  signal: stop.signal,
});
