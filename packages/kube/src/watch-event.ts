import { z } from 'zod';
import { KubeError } from './kube-error.ts';
import type { KubeObject, Live } from './kube-object.ts';
import { storedObject } from './live-object.ts';
import { statusError } from './status-error.ts';

/** One line of a watch. */
export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: Live<T> }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly endsInitialEvents: boolean };

const lineSchema = z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']), object: z.unknown() });

const bookmarkSchema = z.object({
  metadata: z.object({ resourceVersion: z.string().min(1), annotations: z.record(z.string(), z.string()).optional() }),
});

/**
 * Reads one line of a watch. Throws what an ERROR event says (its `status` is the event's code), and `BadAnswer`
 * for a line that cannot be understood: an event may be lost, so the reader must read everything anew.
 */
export function parseWatchEvent<T extends KubeObject>(line: string): WatchEvent<T> {
  const parsed = lineSchema.safeParse(parseJson(line));
  if (!parsed.success) throw badLine(line);
  const { type, object } = parsed.data;
  if (type === 'ERROR') throw statusError(object, { call: 'WATCH', status: 500 });
  if (type === 'BOOKMARK') {
    const bookmark = bookmarkSchema.safeParse(object);
    if (!bookmark.success) throw badLine(line);
    const { resourceVersion, annotations } = bookmark.data.metadata;
    return { type, resourceVersion, endsInitialEvents: annotations?.['k8s.io/initial-events-end'] === 'true' };
  }
  const stored = storedObject<T>(object);
  if (stored === undefined) throw badLine(line);
  return { type, object: stored };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function badLine(line: string): KubeError {
  return new KubeError('BadAnswer', `a line of the watch cannot be understood: ${line.slice(0, 200)}`);
}
