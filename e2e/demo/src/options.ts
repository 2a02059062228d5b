import { parseArgs } from 'node:util';

/** What the demo was asked to do. */
export type DemoOptions =
  | { readonly help: true }
  | {
      readonly help: false;
      /** An existing cluster instead of the local one. */
      readonly cluster: ExistingCluster | undefined;
      /** Leave everything in place at the end. */
      readonly keep: boolean;
    };

export interface ExistingCluster {
  readonly context: string | undefined;
  readonly registry: string;
}

export const helpText = `Usage: pnpm demo [options]

Runs a build of a pipeline on Kubernetes from end to end and shows it: a simulated Buildkite holds the pipeline's jobs, the operator
takes them and runs each in a pod with the real buildkite-agent, and logs and results arrive at Buildkite.

Without options it builds and starts everything on this machine (Debian 12, root, Go): a Kubernetes of two nodes, the images,
the operator; and takes it down again. The first run compiles Kubernetes and takes about ten minutes, later ones about one.

  --context NAME    use this context of your kubeconfig instead (also when KUBECONFIG is set); needs no root, only kubectl or Go
  --registry HOST   with an existing cluster: registry that its nodes pull from, which holds buildkite-operator/controller,
                    .../webhooks, .../jobspawner, .../agent and .../simulator with the tag latest
  --keep            leave the cluster, the operator and the simulator in place, to look around
  --help            this text
`;

/** Reads the command line and KUBECONFIG. Throws with the option, what is wrong and the remedy. */
export function parseOptions(args: readonly string[], environment: NodeJS.ProcessEnv): DemoOptions {
  const { values } = parseArgs({
    args: args.filter((arg, index) => !(index === 0 && arg === '--')),
    options: {
      context: { type: 'string' },
      registry: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { help: true };
  const existing = values.context !== undefined || (environment['KUBECONFIG'] ?? '') !== '';
  if (!existing) {
    if (values.registry !== undefined)
      throw new Error('--registry goes with --context (or KUBECONFIG): the local cluster brings its own registry');
    return { help: false, cluster: undefined, keep: values.keep };
  }
  if (values.registry === undefined) {
    throw new Error(
      'with --context (or KUBECONFIG) the nodes need a registry to pull the images from: name it with --registry HOST, after\n' +
        '  node e2e/images/src/cli.ts push HOST   (as root on Debian 12), or docker build and push of services/*/Dockerfile and e2e/simulator/Dockerfile',
    );
  }
  return { help: false, cluster: { context: values.context, registry: values.registry }, keep: values.keep };
}
