import type { Step } from '@buildkite-operator/e2e-setup';

/** One image: how it is called and what goes into it. */
export interface ImageDefinition {
  /** The repository's name at the registry, e.g. `buildkite-operator/agent`; of a stand-in, the full name that a FROM line means. */
  readonly name: string;
  /** Path of the Dockerfile. */
  readonly dockerfile: string;
  readonly context: BuildContext;
  /** Whether it replaces a public image that cannot be pulled here: it is only built on, and never pushed. */
  readonly standIn?: true;
}

/** What a Dockerfile may COPY and ADD. */
export interface BuildContext {
  /** Everything that decides what the context will hold, gathered without preparing it. */
  readonly inputs: () => Promise<ContextInputs>;
  /** Puts the context's files into the empty folder `into`. */
  readonly prepare: (into: string, step: Step, signal: AbortSignal) => Promise<void>;
}

/** What is hashed to know whether an image is still current. */
export interface ContextInputs {
  /** The folder that the files' paths are relative to. */
  readonly root: string;
  /** Relative paths; content and executable bit count, times do not. */
  readonly files: readonly string[];
  /** Anything else: versions, addresses, options. */
  readonly facts?: Readonly<Record<string, string>>;
}

/** An image that was built, with its blobs in the cache. */
export interface BuiltImage {
  readonly name: string;
  /** Made of the image's content: another content has another tag. */
  readonly tag: string;
  /** The manifest's digest, `sha256:…`. */
  readonly digest: string;
  /** Compressed size of all layers in bytes. */
  readonly bytes: number;
}
