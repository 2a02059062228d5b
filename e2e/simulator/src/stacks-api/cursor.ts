import { z } from 'zod';
import type { Cursor } from '../domain/scheduled-jobs.ts';

const cursorContent = z.tuple([z.number(), z.number()]);

/** A cursor as text that clients hand back unread. */
export function writeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** Reads what `writeCursor` wrote. */
export const cursorSchema = z.string().transform((text, context): Cursor => {
  const parsed = cursorContent.safeParse(parse(Buffer.from(text, 'base64url').toString()));
  if (parsed.success) return parsed.data;
  context.addIssue({ code: 'custom', message: 'must be the end_cursor of an answer' });
  return z.NEVER;
});

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
