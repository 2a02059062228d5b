import { z } from 'zod';
import type { KubeObject, Live } from './kube-object.ts';

const namedSchema = z.object({ metadata: z.object({ name: z.string().min(1) }) });
const storedSchema = z.object({
  metadata: z.object({ name: z.string().min(1), uid: z.string().min(1), resourceVersion: z.string().min(1) }),
});

/** The value itself if it can be an answer about one object, else undefined. The answer to a dry run has no version. */
export function answeredObject<T extends KubeObject>(value: unknown): Live<T> | undefined {
  return namedSchema.safeParse(value).success ? (value as Live<T>) : undefined;
}

/** The value itself if the API server can have stored it: it has a name, a uid and a version. Else undefined. */
export function storedObject<T extends KubeObject>(value: unknown): Live<T> | undefined {
  return storedSchema.safeParse(value).success ? (value as Live<T>) : undefined;
}
