import type { ClusterStatus } from './cluster-status.ts';

/** The status for people. */
export function renderStatus(status: ClusterStatus): string {
  const { cluster } = status;
  const head = [`${status.id} is ${status.health}`, ...status.problems.map(problem => `  problem: ${problem}`)];
  if (cluster === undefined) return head.join('\n');
  const yes = (value: boolean, text: string) => (value ? text : `not ${text}`);
  return [
    ...head,
    '',
    ...columns([
      ['API server', cluster.url],
      ['kubeconfig', cluster.kubeconfig],
      ['host, from pods', cluster.hostAddress],
      ['registry', `push to ${cluster.registry.pushAddress}, pull ${cluster.registry.pullName}/...`],
    ]),
    '',
    ...columns(cluster.components.map(({ name, pid, log }) => [name, pid === undefined ? 'ended' : `pid ${pid}`, log])),
    '',
    ...columns(
      cluster.nodes.map(({ name, address, podRange, running, ready }) => [
        name,
        yes(ready, 'Ready'),
        yes(running, 'running'),
        address,
        `pods ${podRange}`,
      ]),
    ),
  ].join('\n');
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>((sofar, row) => row.map((cell, index) => Math.max(cell.length, sofar[index] ?? 0)), []);
  return rows.map(row => `  ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')}`.trimEnd());
}
