import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kubectl } from '@buildkite-operator/e2e-operator';
import { execa } from 'execa';

/** A way from this machine to a Service of the cluster. */
export interface PortForward {
  readonly origin: string;
  close(): Promise<void>;
}

/** Opens a free local port to the Service; throws when kubectl does not say within 15 s that it is open. */
export async function forwardPort(kubectl: Kubectl, namespace: string, service: string, port: number): Promise<PortForward> {
  const [program, ...target] = kubectl.command;
  const args = [...target, 'port-forward', '-n', namespace, `service/${service}`, `:${port}`, '--address', '127.0.0.1'];
  const child = execa(program, args, { reject: false, stdin: 'ignore' });
  const opened = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', line => {
      const localPort = /127\.0\.0\.1:(\d+) ->/.exec(line)?.[1];
      if (localPort !== undefined) resolve(`http://127.0.0.1:${localPort}`);
    });
    child.then(
      ({ stderr }) => reject(new Error(`kubectl port-forward ended: ${stderr}`)),
      () => undefined,
    );
  });
  const giveUp = new AbortController();
  const late = delay(15_000, undefined, { signal: giveUp.signal }).then(
    () => Promise.reject(new Error(`kubectl port-forward to ${service} did not open a port within 15 s`)),
    () => '',
  );
  try {
    const origin = await Promise.race([opened, late]);
    return {
      origin,
      close: async () => {
        child.kill('SIGTERM');
        await child;
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    giveUp.abort();
  }
}
