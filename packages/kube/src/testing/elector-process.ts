import { createLogger } from '@buildkite-operator/service';
import { createTransport } from '../http-transport.ts';
import { LeaderElection } from '../leader-election.ts';
import { loadClusterAccess } from '../load-cluster-access.ts';

// A candidate in a process of its own, which a test can kill: prints a line when it leads.
const [kubeconfig, namespace = '', identity = ''] = process.argv.slice(2);
const logger = createLogger('elector', 'silent');
const transport = createTransport({ access: await loadClusterAccess({ kubeconfig }), logger });
const times = { leaseDurationMs: 4000, renewDeadlineMs: 3000, retryPeriodMs: 500 };
const election = new LeaderElection({ transport, namespace, name: 'service', identity, logger, ...times });
await election.run(async signal => {
  process.stdout.write('leading\n');
  await new Promise(resolve => {
    signal.addEventListener('abort', resolve);
  });
}, new AbortController().signal);
