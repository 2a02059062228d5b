import { formatPath } from '@buildkite-operator/service';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { ConfigFault } from './config-error.ts';

/** A path within a section. */
export type FieldPath = readonly (string | number)[];

/** The text of one key, read as YAML. */
export interface SectionText {
  /** An empty text is an empty object. */
  readonly value: unknown;
  /** A fault of a field, with its line. */
  readonly fault: (path: FieldPath, problem: string, found?: unknown) => ConfigFault;
}

/** Reads the text of a key. Returns what is wrong with it where it is no YAML. Throws `RangeError` where it is nested too deep. */
export function readSectionText(key: string, text: string): SectionText | { readonly faults: readonly ConfigFault[] } {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  // Only the first: what comes after a fault of syntax mostly follows from it.
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined) {
    const { line } = lineCounter.linePos(broken.pos[0]);
    return { faults: [{ key, path: key, line, value: text.split('\n')[line - 1] ?? '', problem: `is not valid YAML: ${broken.message}` }] };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return { faults: [{ key, path: key, problem: `is not usable YAML: ${error.message}; write the values out` }] };
  }
  const lineOf = (path: FieldPath) => {
    const node = document.getIn(path, true);
    return isNode(node) && node.range ? lineCounter.linePos(node.range[0]).line : undefined;
  };
  return {
    value,
    fault: (path, problem, found) => {
      const line = lineOf(path);
      return {
        key,
        path: formatPath([key, ...path]),
        ...(line !== undefined && { line }),
        ...(found !== undefined && { value: found }),
        problem,
      };
    },
  };
}
