import { dirname, resolve } from 'node:path';
import { z } from 'zod';

const schema = z.object({
  users: z.array(z.object({ name: z.string(), user: z.object({ tokenFile: z.string().min(1).optional() }).nullish() })).nullish(),
});

/**
 * Which users of a kubeconfig (parsed YAML) have their token in a file, and in which: client-node 2.0 looks for the key
 * `token-file`, but kubectl writes and reads `tokenFile`. Relative paths start at the kubeconfig.
 */
export function kubeconfigTokenFiles(parsed: unknown, kubeconfigPath: string): Map<string, string> {
  const { users } = schema.safeParse(parsed).data ?? {};
  return new Map(
    (users ?? []).flatMap(({ name, user }) =>
      user?.tokenFile === undefined ? [] : [[name, resolve(dirname(kubeconfigPath), user.tokenFile)] as const],
    ),
  );
}
