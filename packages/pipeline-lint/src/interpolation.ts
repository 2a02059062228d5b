/** Around each variable whose value is not known before the upload; characters that no pipeline holds. */
const opening = '\u{e000}';
const closing = '\u{e001}';
const marked = new RegExp(`${opening}([^${closing}]*)${closing}`, 'g');

/** An escaped dollar, or a variable; what `pipeline upload` leaves alone (`$(command)`, `$1`) is neither. */
const tokens = /\\\$|\$\$|\$\{[^}]*\}|\$[A-Za-z_]\w*/g;

/**
 * A text as it is after `buildkite-agent pipeline upload`: `$$` and `\$` are a dollar. Variables are marked and stay, for what they hold is
 * known then only.
 */
export function interpolate(text: string): string {
  if (isDirective(text)) return text;
  return text.replaceAll(tokens, token => (token === '$$' || token === String.raw`\$` ? '$' : `${opening}${token}${closing}`));
}

/**
 * Whether a text is a key that directs a strategic merge patch, as `$patch`, written with one dollar. The upload takes it for a variable, unless
 * it is told to leave variables alone; nothing else can have been meant.
 */
export function isDirective(text: string): boolean {
  return /^\$(patch$|retainKeys$|(setElementOrder|deleteFromPrimitiveList)\/)/.test(text);
}

/** Whether a marked text holds a variable of the upload. */
export function isUnknown(text: unknown): boolean {
  return typeof text === 'string' && text.includes(opening);
}

/** The variables in a marked text, as they are written. */
export function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(marked)].map(([, variable = '']) => variable);
}

/** A marked text with a value for each variable. */
export function fillVariables(text: string, valueOf: (variable: string) => string): string {
  return text.replaceAll(marked, (_, variable: string) => valueOf(variable));
}

/** A marked text as people know it. */
export function readable(text: string): string {
  return fillVariables(text, variable => variable);
}

/** The value with every text in it, keys too, changed. */
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map(entry => mapTexts(entry, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [change(name), mapTexts(entry, change)]));
}
