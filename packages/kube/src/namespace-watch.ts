import type { Logger } from '@buildkite-operator/service';
import type { Reflector } from './reflector.ts';

/** Reflectors by a name of one's own. */
export type NamedReflectors = Readonly<Record<string, Pick<Reflector<never>, 'run'> & { readonly store: { readonly hasSynced: boolean } }>>;

/** Copies of what is in one namespace, by the names of their reflectors. */
export type NamespaceStores<Reflectors extends NamedReflectors> = { readonly [Name in keyof Reflectors]: Reflectors[Name]['store'] } & {
  readonly namespace: string;
  /** Aborted when they are kept up to date no longer, because another namespace is watched instead. */
  readonly left: AbortSignal;
};

export interface NamespaceWatchOptions<Reflectors extends NamedReflectors> {
  /** Makes the reflectors of a namespace; they are run here. */
  readonly reflectorsOf: (namespace: string) => Reflectors;
  readonly logger: Logger;
}

/** The copies, with what keeps them up to date. */
interface Watched<Reflectors extends NamedReflectors> {
  readonly stores: NamespaceStores<Reflectors>;
  readonly reflectors: Reflectors;
  readonly leave: AbortController;
  readonly replaced: PromiseWithResolvers<void>;
}

/** Watches several kinds in one namespace, which may become another while it runs. */
export class NamespaceWatch<Reflectors extends NamedReflectors> {
  readonly #options: NamespaceWatchOptions<Reflectors>;
  #namespace: string;
  #watched: Watched<Reflectors>;

  constructor(options: NamespaceWatchOptions<Reflectors>, namespace: string) {
    this.#options = options;
    this.#namespace = namespace;
    this.#watched = watched(options, namespace);
  }

  /** The namespace that is watched, or is about to be. */
  get namespace(): string {
    return this.#namespace;
  }

  /** The copies of the namespace that is watched now. */
  get stores(): NamespaceStores<Reflectors> {
    return this.#watched.stores;
  }

  /** Whether they are complete. */
  get hasSynced(): boolean {
    const { reflectors, stores } = this.#watched;
    return !stores.left.aborted && Object.values(reflectors).every(({ store }) => store.hasSynced);
  }

  /** Leaves the namespace for this one, if it is another. */
  moveTo(namespace: string): void {
    if (namespace === this.#namespace) return;
    this.#options.logger.info({ from: this.#namespace, to: namespace }, 'jobs are in another namespace from now on');
    this.#namespace = namespace;
    this.#watched.leave.abort();
  }

  /** Watches until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const leave = () => this.#watched.leave.abort();
    signal.addEventListener('abort', leave, { once: true });
    try {
      while (!signal.aborted) {
        const { reflectors, stores, replaced } = this.#watched;
        // All must have ended before the next begin: their metrics have the same names.
        await Promise.all(Object.values(reflectors).map(reflector => reflector.run(stores.left)));
        if (!signal.aborted) this.#watched = watched(this.#options, this.#namespace);
        replaced.resolve();
      }
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  /** Does `work` for the namespace that is watched, and again for each that follows it, until the signal is aborted. */
  async forEach(work: (stores: NamespaceStores<Reflectors>, signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { stores, replaced } = this.#watched;
      await work(stores, AbortSignal.any([signal, stores.left]));
      if (stores.left.aborted) await replaced.promise;
      else if (!signal.aborted) return;
    }
  }
}

function watched<Reflectors extends NamedReflectors>(
  { reflectorsOf }: NamespaceWatchOptions<Reflectors>,
  namespace: string,
): Watched<Reflectors> {
  const reflectors = reflectorsOf(namespace);
  const leave = new AbortController();
  const stores = Object.fromEntries(Object.entries(reflectors).map(([name, { store }]) => [name, store]));
  return {
    stores: { ...stores, namespace, left: leave.signal } as NamespaceStores<Reflectors>,
    reflectors,
    leave,
    replaced: Promise.withResolvers<void>(),
  };
}
