/** The words that CEL keeps for itself: a field of that name is written `__name__` in a rule. */
const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return void while var'.split(' '),
);

/**
 * A field's name as a CEL rule must write it
 * (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules).
 */
export function celField(name: string): string {
  if (reserved.has(name)) return `__${name}__`;
  return name.replaceAll('__', '__underscores__').replaceAll('.', '__dot__').replaceAll('-', '__dash__').replaceAll('/', '__slash__');
}

/** A text as a CEL string literal. */
export function celString(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
}
