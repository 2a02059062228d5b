import { describeIssues } from '@buildkite-operator/service';
import { z } from 'zod';
import { Refusal } from '../domain/refusal.ts';

/** Checks a body or query of the control API. Throws a Refusal that names each wrong field. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  throw new Refusal('malformed', `invalid request: ${describeIssues(parsed.error, value).trim()}`);
}

/** A path parameter that the route has for certain. */
export function parameter(params: unknown, name: string): string {
  return z.record(z.string(), z.string()).parse(params)[name] ?? '';
}
