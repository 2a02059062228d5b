import { createHash } from 'node:crypto';

/** https://buildkite.com/docs/apis/agent-api/stacks: letters, digits, `_` and `-`, at most 80 bytes. */
const longest = 80;

/**
 * The key of the stack that serves a queue: the installation's, with the queue's behind it. It is the same after every restart, since stacks
 * are counted, and no two queues share one, since rate limits are per stack.
 */
export function stackKeyFor(installation: string, queue: string): string {
  const plain = `${installation}-${queue}`;
  const allowed = plain.replaceAll(/[^A-Za-z0-9_-]/g, '-');
  if (allowed === plain && plain.length <= longest) return plain;
  const digest = createHash('sha256').update(plain).digest('hex').slice(0, 12);
  return `${allowed.slice(0, longest - digest.length - 1)}-${digest}`;
}

/** What an installation is called where nobody has named it: after the UID of its namespace, which is another one wherever else it is. */
export function installationKey(namespaceUid: string): string {
  return `buildkite-operator-${namespaceUid}`;
}
