import type { KeyPath } from './schema-problems.ts';
import { formatKeys, type SettingsBlock } from './settings-problem.ts';

/** Where in the pipeline a part of the BuildJob comes from. */
export interface Origin {
  readonly block: SettingsBlock;
  readonly keys: KeyPath;
}

/** Remembers which part of the pipeline each part of a BuildJob came from, so that a fault of the one is told as a fault of the other. */
export class Origins {
  readonly #fields = new Map<string, Origin>();
  readonly #objects = new WeakMap<object, Origin>();

  /** A field of the spec, or `field.part` of it, comes from there. The last word counts. */
  field(name: string, block: SettingsBlock, keys: KeyPath): void {
    this.#fields.set(name, { block, keys });
  }

  /** An object within the spec, as it is, comes from there. */
  object<Part extends object>(part: Part, block: SettingsBlock, keys: KeyPath): Part {
    this.#objects.set(part, { block, keys });
    return part;
  }

  /** The place in the pipeline behind a place in the spec. */
  locate(spec: object, path: KeyPath): { readonly block: SettingsBlock; readonly path: string } {
    const [first, second] = path;
    const named = this.#fields.get(`${first}.${second}`);
    let found: { readonly origin: Origin; readonly below: KeyPath } =
      named === undefined
        ? { origin: this.#fields.get(String(first)) ?? { block: 'job', keys: path.slice(0, 1) }, below: path.slice(1) }
        : { origin: named, below: path.slice(2) };
    let inner: unknown = spec;
    for (const [index, step] of path.entries()) {
      if (typeof inner !== 'object' || inner === null) break;
      inner = Reflect.get(inner, step);
      const origin = typeof inner === 'object' && inner !== null ? this.#objects.get(inner) : undefined;
      if (origin !== undefined) found = { origin, below: path.slice(index + 1) };
    }
    const { origin, below } = found;
    return { block: origin.block, path: formatKeys([...origin.keys, ...below]) };
  }
}
