import { errorMessage } from '@buildkite-operator/service';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit, type YAMLMap } from 'yaml';

/** Where something stands in a text; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A text that is no YAML, or not to be read as a pipeline. */
export interface SourceFault extends Position {
  readonly problem: string;
}

/** A node of the text with the place that a person looks at: the key that leads to it, or the list's entry. */
export interface Place {
  readonly node: Node | undefined;
  readonly offset: number;
}

interface Child extends Place {
  readonly name: number | string;
}

/** Steps that lead to a part of a value. */
export type Keys = readonly (number | string)[];

/** A YAML text, its value, and where each part of the value stands: behind aliases and merge keys, where it was written. */
export class YamlSource {
  readonly #document: Document;
  readonly #lines: LineCounter;
  /** The value with aliases and merge keys resolved; undefined where there are faults. */
  readonly value: unknown;
  readonly faults: readonly SourceFault[];

  constructor(text: string) {
    this.#lines = new LineCounter();
    this.#document = parseDocument(isDeep(text) ? '' : text, { merge: true, lineCounter: this.#lines, prettyErrors: false });
    const faults: SourceFault[] = this.#document.errors.map(({ pos: [start], message }) => ({ ...this.position(start), problem: message }));
    if (isDeep(text)) faults.push({ line: 1, column: 1, problem: `is nested deeper than ${deepest} levels: flatten it` });
    let value: unknown;
    try {
      if (faults.length === 0) value = withinDepth(this.#document.toJS());
    } catch (error) {
      // An alias without its anchor, one within what it names, or so many that they would fill the memory.
      faults.push({ ...this.position(this.#brokenAlias() ?? 0), problem: errorMessage(error) });
    }
    this.value = value;
    this.faults = faults;
  }

  #brokenAlias(): number | undefined {
    let found: number | undefined;
    visit(this.#document, {
      Alias: (_, alias) => {
        if (alias.resolve(this.#document) === undefined) found ??= offsetOf(alias);
      },
    });
    return found;
  }

  position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  /** The place that keys lead to, or the nearest one above it. */
  place(keys: Keys): Place {
    let place: Place = { node: this.#document.contents ?? undefined, offset: this.#document.contents?.range?.[0] ?? 0 };
    for (const key of keys) {
      const child = this.children(place).find(({ name }) => name === key);
      if (child === undefined) break;
      place = child;
    }
    return place;
  }

  /** What a map or a list holds, merged entries after its own. */
  children({ node }: Place): readonly Child[] {
    const resolved = this.#resolve(node);
    if (isSeq(resolved)) return resolved.items.map((item, name) => ({ name, node: item as Node, offset: offsetOf(item as Node) ?? 0 }));
    return isMap(resolved) ? this.#mapChildren(resolved) : [];
  }

  #mapChildren(map: YAMLMap): readonly (Child & { readonly name: string })[] {
    const pairs = map.items.map(({ key, value }) => ({
      name: isScalar(key) ? nameOf(key.value) : String(key),
      node: (value ?? undefined) as Node | undefined,
      offset: offsetOf(key as Node) ?? 0,
    }));
    const own = pairs.filter(({ name }) => name !== '<<');
    const merged = pairs
      .filter(({ name }) => name === '<<')
      .flatMap(({ node }) => {
        const source = this.#resolve(node);
        const maps = isSeq(source) ? source.items.map(item => this.#resolve(item as Node)) : [source];
        return maps.flatMap(entry => (isMap(entry) ? this.#mapChildren(entry) : []));
      });
    const names = new Set(own.map(({ name }) => name));
    return [...own, ...merged.filter(({ name }) => !names.has(name))];
  }

  #resolve(node: Node | undefined): Node | undefined {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }
}

/** With merging switched on, the parser makes a symbol of the key `<<`. */
function nameOf(key: unknown): string {
  return typeof key === 'symbol' ? (key.description ?? '') : String(key);
}

function offsetOf(node: Node | null | undefined): number | undefined {
  return node?.range?.[0];
}

/** More than any pipeline has, and little enough for every walk over the value. */
const deepest = 200;

/** Whether brackets alone nest too deep for a parser that calls itself. */
function isDeep(text: string): boolean {
  let depth = 0;
  let most = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth = Math.max(0, depth + (bracket === '[' || bracket === '{' ? 1 : -1));
    most = Math.max(most, depth);
  }
  return most > deepest;
}

function withinDepth(value: unknown, depth = 0): unknown {
  if (depth > deepest) throw new RangeError(`is nested deeper than ${deepest} levels, or holds itself: flatten it`);
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) withinDepth(part, depth + 1);
  return value;
}
