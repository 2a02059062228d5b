import { join } from 'node:path';
import { ensureGoTools, goToolSets } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';

/** A cluster as kubectl is told of it. */
export interface KubectlTarget {
  readonly kubeconfigPath?: string;
  readonly context?: string;
}

/** kubectl for one cluster. */
export interface Kubectl {
  /** Runs it to its end and returns its output. A failure throws with what kubectl said; `input` goes to its standard input. */
  (args: readonly string[], options?: { readonly input?: string; readonly timeoutMs?: number }): Promise<string>;
  /** Program and options that every call begins with, for whoever must run it otherwise. */
  readonly command: readonly [string, ...string[]];
}

/** kubectl for this cluster: the one built with the cluster's other tools, or `program` where the machine has its own. */
export async function kubectlFor({ kubeconfigPath, context }: KubectlTarget, program?: string): Promise<Kubectl> {
  const binary = program ?? join(await ensureGoTools(goToolSets.kubernetes), 'kubectl');
  const target = [
    ...(kubeconfigPath === undefined ? [] : ['--kubeconfig', kubeconfigPath]),
    ...(context === undefined ? [] : ['--context', context]),
  ];
  const run = async (args: readonly string[], { input, timeoutMs = 120_000 }: { input?: string; timeoutMs?: number } = {}) => {
    const stdin = input === undefined ? ({ stdin: 'ignore' } as const) : { input };
    const { stdout, stderr, failed, shortMessage } = await execa(binary, [...target, ...args], {
      timeout: timeoutMs,
      reject: false,
      ...stdin,
    });
    if (failed) throw new Error(`${shortMessage ?? 'kubectl failed'}\n${stderr}`);
    return stdout;
  };
  return Object.assign(run, { command: [binary, ...target] as const });
}
