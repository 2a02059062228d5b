/** Tolerations of a pod that leaves a lost node at once, where it would usually be given a minute to come back. */
export const leftAtOnce = ['unreachable', 'not-ready'].map(
  trouble => ({ key: `node.kubernetes.io/${trouble}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 }) as const,
);
