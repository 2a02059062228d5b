import { join } from 'node:path';
import { ensureGoTools, goToolSets } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';

/** A cluster as kubectl is told of it. */
export interface KubectlTarget {
  readonly kubeconfigPath?: string;
  readonly context?: string;
}

/** Runs kubectl against the cluster. A failure throws with what kubectl said; `input` goes to its standard input. */
export type Kubectl = (args: readonly string[], options?: { readonly input?: string; readonly timeoutMs?: number }) => Promise<string>;

/** kubectl for one cluster: the one built with the cluster's other tools, or `program` where the machine has its own. */
export async function kubectlFor({ kubeconfigPath, context }: KubectlTarget, program?: string): Promise<Kubectl> {
  const binary = program ?? join(await ensureGoTools(goToolSets.kubernetes), 'kubectl');
  const target = [
    ...(kubeconfigPath === undefined ? [] : ['--kubeconfig', kubeconfigPath]),
    ...(context === undefined ? [] : ['--context', context]),
  ];
  return async (args, { input, timeoutMs = 120_000 } = {}) => {
    const stdin = input === undefined ? ({ stdin: 'ignore' } as const) : { input };
    const { stdout, stderr, failed, shortMessage } = await execa(binary, [...target, ...args], {
      timeout: timeoutMs,
      reject: false,
      ...stdin,
    });
    if (failed) throw new Error(`${shortMessage ?? 'kubectl failed'}\n${stderr}`);
    return stdout;
  };
}
