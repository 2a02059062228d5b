const begin = '[output-begins]';
const end = '[output-ends]';

/** A shell script that marks where the output of `command` begins and ends. The agent echoes scripts: this one does not hold the marks. */
export function marked(command: string): string {
  return [announce(begin), command, announce(end)].join('\n');
}

/** What a marked command put out, cut out of the log of its job. */
export function outputIn(log: Buffer): Buffer {
  const from = log.indexOf(begin);
  const to = log.lastIndexOf(end);
  if (from === -1 || to === -1) throw new Error(`the log has no marked output:\n${log.toString().slice(-4000)}`);
  return log.subarray(from + begin.length, to);
}

function announce(mark: string): string {
  return `printf '%s%s' '${mark.slice(0, 5)}' '${mark.slice(5)}'`;
}
