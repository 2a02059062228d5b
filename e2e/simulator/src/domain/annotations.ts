import { randomUUID } from 'node:crypto';
import type { Annotation, Build, Job } from './records.ts';
import { Refusal } from './refusal.ts';
import type { World } from './world.ts';

const maxBodyBytes = 1_048_576;

export interface AnnotationRequest {
  readonly body?: string | undefined;
  readonly context: string;
  readonly scope: 'build' | 'job';
  readonly style?: string | undefined;
  readonly append: boolean;
  readonly priority?: number | undefined;
}

/**
 * Writes an annotation: one per context and scope, whose body is replaced, or added to with `append`; without a body
 * only style and priority change.
 */
export function annotate(world: World, build: Build, job: Job, request: AnnotationRequest): Annotation {
  const key = annotationKey(request.scope, job, request.context);
  const now = world.clock.now();
  const known = build.annotations.get(key);
  const body = request.append && known !== undefined ? known.body + (request.body ?? '') : (request.body ?? known?.body ?? '');
  if (body === '') throw new Refusal('unprocessable', 'a new annotation needs a body');
  if (Buffer.byteLength(body) > maxBodyBytes) throw new Refusal('unprocessable', `an annotation may have ${maxBodyBytes} bytes`);
  if (known === undefined) {
    const annotation: Annotation = {
      id: randomUUID(),
      context: request.context,
      scope: request.scope,
      jobId: request.scope === 'job' ? job.id : undefined,
      style: request.style ?? 'default',
      body,
      priority: request.priority ?? 3,
      createdAt: now,
      updatedAt: now,
    };
    build.annotations.set(key, annotation);
    return annotation;
  }
  known.body = body;
  known.style = request.style ?? known.style;
  known.priority = request.priority ?? known.priority;
  known.updatedAt = now;
  return known;
}

/** Removes an annotation. Refused with `not-found` if there is none. */
export function removeAnnotation(build: Build, job: Job, scope: 'build' | 'job', context: string): void {
  if (!build.annotations.delete(annotationKey(scope, job, context)))
    throw new Refusal('not-found', `no annotation has the context "${context}"`);
}

function annotationKey(scope: string, job: Job, context: string): string {
  return JSON.stringify(scope === 'job' ? [scope, job.id, context] : [scope, context]);
}
