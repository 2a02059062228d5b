import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Step, say, step } from '@buildkite-operator/e2e-setup';
import { type RetryOptions, retry } from '@buildkite-operator/service';
import { type Buildah, openBuildah } from './buildah.ts';
import type { ImageDefinition } from './image-definition.ts';
import { ImageError } from './image-error.ts';
import { basesOf, imageKey } from './image-key.ts';
import type { ImageRecord, ImageStore } from './image-store.ts';

/** What a session works on. */
export interface BuildSessionOptions {
  readonly table: readonly ImageDefinition[];
  readonly store: ImageStore;
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** The builds of one process while it alone holds the folder; each image is looked at once. */
export class BuildSession {
  readonly #options: BuildSessionOptions;
  readonly #scratch: string;
  readonly #buildah: Buildah;
  readonly #inStorage: Map<string, string>;

  private constructor(options: BuildSessionOptions, scratch: string, buildah: Buildah, inStorage: Map<string, string>) {
    this.#options = options;
    this.#scratch = scratch;
    this.#buildah = buildah;
    this.#inStorage = inStorage;
  }

  /** Clears what a session that was cut off left behind, a storage that cannot be read included: it is a mere cache. */
  static async open(options: BuildSessionOptions): Promise<BuildSession> {
    const scratch = join(options.folder, 'scratch');
    await rm(scratch, { recursive: true, force: true });
    await mkdir(scratch, { recursive: true });
    const buildah = openBuildah(options.folder, scratch);
    return new BuildSession(options, scratch, buildah, await listOrReset(buildah, options.signal));
  }

  /** The record of the image, built now if there is none for its inputs. */
  async ensure(definition: ImageDefinition): Promise<ImageRecord> {
    const { table, store, signal } = this.#options;
    signal.throwIfAborted();
    const known = await store.find(definition.name, await imageKey(definition, table));
    if (known !== undefined && this.#isUsable(definition, known)) return known;
    for (const base of basesOf(definition, await readFile(definition.dockerfile, 'utf8'), table)) await this.ensure(base);
    const record = await step(`Build image ${definition.name}`, running => this.#build(definition, running));
    this.#inStorage.set(record.name, record.imageId);
    return record;
  }

  /** Frees what no image needs any more. */
  async close(): Promise<void> {
    await this.#buildah.tidy(this.#options.signal);
    await this.#options.store.collectGarbage();
    await rm(this.#scratch, { recursive: true, force: true });
  }

  /** A stand-in is needed in buildah's storage itself, which may have been emptied since. */
  #isUsable({ standIn, name }: ImageDefinition, { imageId }: ImageRecord): boolean {
    return standIn !== true || this.#inStorage.get(name) === imageId;
  }

  async #build(definition: ImageDefinition, running: Step): Promise<ImageRecord> {
    const { table, store, signal } = this.#options;
    const { name, dockerfile, context: source } = definition;
    const key = await imageKey(definition, table);
    const context = join(this.#scratch, 'context');
    await rm(context, { recursive: true, force: true });
    await mkdir(context, { recursive: true });
    await source.prepare(context, running, signal);
    const imageId = await retry(() => this.#buildah.build({ name, dockerfile, context }, running, signal), passing, signal);
    // Inputs that were edited meanwhile may or may not be in the image: such an image is good, but not for the next time.
    const cacheable = (await imageKey(definition, table)) === key;
    const record = { name, key: cacheable ? key : `edited-${imageId}`, imageId };
    const complete = definition.standIn === true ? record : { ...record, manifest: await this.#export(imageId, running) };
    await store.save(complete);
    return complete;
  }

  async #export(imageId: string, running: Step): Promise<{ digest: string; size: number }> {
    const layout = join(this.#scratch, 'layout');
    await rm(layout, { recursive: true, force: true });
    await this.#buildah.exportTo(imageId, layout, running, this.#options.signal);
    return this.#options.store.adopt(layout);
  }
}

const passing: RetryOptions = { attempts: 4, judge: thrown => ({ retry: thrown instanceof ImageError && thrown.code === 'disturbed' }) };

async function listOrReset(buildah: Buildah, signal: AbortSignal): Promise<Map<string, string>> {
  try {
    return await buildah.list(signal);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    say(`  the image storage cannot be read and is made anew: ${error.message}`);
    await buildah.reset();
    return new Map();
  }
}
