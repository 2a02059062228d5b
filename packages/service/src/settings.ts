import type { z } from 'zod';
import { OperatorError } from './errors.ts';

/**
 * Reads a service's settings from environment variables through its zod schema, once, at start.
 * Throws `InvalidSettings` with every wrong variable, its value and what is expected. An empty variable counts as unset.
 */
export function loadSettings<Schema extends z.ZodType>(schema: Schema, environment: NodeJS.ProcessEnv): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new OperatorError('InvalidSettings', `invalid settings in the environment:\n${describeIssues(parsed.error, given)}`);
}

/** One line a fault: the field's path, what is wrong and the offending value. */
export function describeIssues(error: z.ZodError, input: unknown): string {
  return error.issues.map(issue => `  ${formatPath(issue.path)}: ${issue.message}${describeValue(valueAt(input, issue.path))}`).join('\n');
}

/** `spec.env[2].name`, as Kubernetes writes field paths. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? String(part) : `.${String(part)}`;
  }
  return text === '' ? '(root)' : text;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}

function describeValue(value: unknown): string {
  if (value === undefined) return ' (not set)';
  const text = JSON.stringify(value) ?? typeof value;
  return ` (found ${text.length > 100 ? `${text.slice(0, 100)}…` : text})`;
}
