import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** How client-node keeps a user's `tokenFile`. */
const schema = z.object({ tokenFile: z.string().min(1) });

/** The token in the file that a kubeconfig's user names; undefined when it names none. */
export async function readTokenFile(authProviderConfig: unknown): Promise<string | undefined> {
  const parsed = schema.safeParse(authProviderConfig);
  return parsed.success ? (await readFile(parsed.data.tokenFile, 'utf8')).trim() : undefined;
}
