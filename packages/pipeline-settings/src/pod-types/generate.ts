import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describePodTypes } from './describe-pod-types.ts';

/** `pnpm gen`: writes pod-types.ts from the client library's description of Kubernetes' types. */
const widest = 140;
const lines = Object.entries(describePodTypes()).map(([name, fields]) => {
  const line = `  ${name}: '${fields}',`;
  return line.length > widest ? `  ${name}:\n    '${fields}',` : line;
});
const text = [
  '// Generated from the types of @kubernetes/client-node by generate.ts; do not edit.',
  '',
  "/** Kubernetes' types that a pod's spec is made of: `field:type` each; `[]` is a list and `{}` a map of the type before it. */",
  'export const podTypes: Readonly<Record<string, string>> = {',
  ...lines,
  '};',
  '',
].join('\n');
await writeFile(join(import.meta.dirname, 'pod-types.ts'), text);
