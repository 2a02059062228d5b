/**
 * Shell commands that look for a text wherever their container can read: in every file but those of /proc, /sys and devices, and in
 * the variables and command lines of every process it sees. They print a line `<title> found in <place>` for each place and
 * `<title> searched <count> files and <count> processes` at the end.
 *
 * The commands themselves do not hold the text, since they are among what is searched. Needs find, grep and sh.
 */
export function searchFor(text: string, title: string): string {
  const pattern = withoutItself(text);
  return [
    // In two parts, because the agent echoes the commands into the log where `findings` looks.
    `found="${title} fou"nd; searched="${title} sear"ched`,
    'files=0',
    'for place in /* /.[!.]*; do',
    '  case $place in /proc | /sys | /dev) continue ;; esac',
    '  [ -e "$place" ] || continue',
    `  files=$((files + $(find "$place" -type f 2>/dev/null | wc -l)))`,
    `  find "$place" -type f -exec grep -l -a -- '${pattern}' {} + 2>/dev/null | sed "s/^/$found in /" || true`,
    'done',
    'processes=0',
    'for process in /proc/[0-9]*; do',
    '  processes=$((processes + 1))',
    '  for part in environ cmdline; do',
    `    if grep -q -a -- '${pattern}' "$process/$part" 2>/dev/null; then echo "$found in $process/$part"; fi`,
    '  done',
    'done',
    'echo "$searched $files files and $processes processes"',
  ].join('\n');
}

/** Where `searchFor` with this title found the text; throws where the search did not come to its end. */
export function findings(log: string, title: string): string[] {
  const searched = new RegExp(`${title} searched ([1-9]\\d*) files and ([1-9]\\d*) processes`);
  if (!searched.test(log)) throw new Error(`the log has no search of ${title} that looked at files and processes:\n${log.slice(-6000)}`);
  return [...log.matchAll(new RegExp(`${title} found in ([^\\r\\n]*)`, 'g'))].map(([, place]) => place ?? '');
}

/** A basic regular expression that fits the text but not itself. */
function withoutItself(text: string): string {
  return `[${text.slice(0, 1)}]${text.slice(1).replaceAll(/[\\.*^$[\]]/g, String.raw`\$&`)}`;
}

/** A shell word for the text that does not hold it as it is. */
export function hiddenWord(text: string): string {
  return `${text.slice(0, 3)}""${text.slice(3)}`;
}
