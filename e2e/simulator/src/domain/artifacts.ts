import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { matchesArtifactQuery } from './artifact-query.ts';
import type { Artifact, Build, Job } from './records.ts';
import type { BreachRequest } from './referee.ts';
import { Refusal } from './refusal.ts';
import type { World } from './world.ts';

const maxParts = 10_000;

/** A file, as the agent announces it. */
export interface ArtifactAnnouncement {
  readonly path: string;
  readonly absolutePath: string;
  readonly fileSize: number;
  readonly sha1sum: string;
  readonly sha256sum: string;
  readonly contentType: string;
  readonly uploadDestination: string;
}

/** Takes a batch of files that a job will upload. The same batch, announced again, gives the same artifacts. */
export function createArtifacts(
  world: World,
  job: Job,
  batch: { readonly id: string; readonly files: readonly ArtifactAnnouncement[]; readonly multipartSupported: boolean },
): readonly Artifact[] {
  const known = job.artifactBatches.get(batch.id);
  if (known !== undefined) return known;
  for (const { path, fileSize } of batch.files) {
    if (fileSize <= world.settings.artifactMaxSizeBytes) continue;
    throw new Refusal('unprocessable', `${path} has ${fileSize} bytes; an artifact may have ${world.settings.artifactMaxSizeBytes}`);
  }
  const artifacts = batch.files.map(file => makeArtifact(world, job, file, batch.multipartSupported));
  job.artifactBatches.set(batch.id, artifacts);
  for (const artifact of artifacts) {
    world.artifacts.set(artifact.id, artifact);
    world.artifactUploads.set(artifact.uploadToken, artifact);
  }
  return artifacts;
}

function makeArtifact(world: World, job: Job, file: ArtifactAnnouncement, multipartSupported: boolean): Artifact {
  const { artifactMultipartThresholdBytes, artifactPartSizeBytes } = world.settings;
  const multipart = multipartSupported && file.fileSize >= artifactMultipartThresholdBytes;
  return {
    ...file,
    id: randomUUID(),
    buildId: job.buildId,
    jobId: job.id,
    stepId: job.step.id,
    createdAt: world.clock.now(),
    parts: multipart ? Math.min(maxParts, Math.ceil(file.fileSize / artifactPartSizeBytes)) : 0,
    storedParts: new Map(),
    uploadToken: randomBytes(24).toString('hex'),
    state: 'new',
  };
}

export function storedBytes({ storedParts }: Artifact): number {
  return [...storedParts.values()].reduce((sum, { size }) => sum + size, 0);
}

/** How the agent says that an artifact is complete, or that it gave up. */
export interface ArtifactCompletion {
  readonly id: string;
  readonly state: 'finished' | 'error';
  readonly etags: readonly { readonly partNumber: number; readonly etag: string }[];
}

/**
 * Ends the upload of an artifact. Refused, and noted by the referee, when the bytes that came are not those that were
 * announced. Bytes that the agent brings to a store of its own are not checked.
 */
export function completeArtifact(world: World, job: Job, completion: ArtifactCompletion, request: BreachRequest): void {
  const artifact = world.artifacts.get(completion.id);
  if (artifact === undefined || artifact.jobId !== job.id) throw new Refusal('not-found', `job ${job.id} has no artifact ${completion.id}`);
  if (artifact.state === completion.state) return;
  const problem = completion.state === 'error' || artifact.uploadDestination !== '' ? undefined : findMismatch(artifact, completion);
  if (problem === undefined) {
    artifact.state = completion.state;
    return;
  }
  if (artifact.state === 'new') {
    world.referee.note({
      kind: 'artifact-mismatch',
      jobId: job.id,
      agentId: job.agent?.id,
      request,
      explanation: `artifact ${artifact.path}: ${problem}`,
    });
  }
  artifact.state = 'error';
  throw new Refusal('unprocessable', `artifact ${artifact.path}: ${problem}`);
}

function findMismatch(artifact: Artifact, { etags }: ArtifactCompletion): string | undefined {
  const expected = Math.max(1, artifact.parts);
  if (artifact.storedParts.size < expected) return `${artifact.storedParts.size} of ${expected} parts came`;
  if (storedBytes(artifact) !== artifact.fileSize) return `${storedBytes(artifact)} bytes came, ${artifact.fileSize} were announced`;
  if (artifact.parts === 0) {
    const sha256 = artifact.storedParts.get(1)?.sha256;
    const same = artifact.sha256sum === '' || artifact.sha256sum === sha256;
    return same ? undefined : `SHA-256 is ${sha256}, ${artifact.sha256sum} was announced`;
  }
  if (artifact.parts === 1) return undefined;
  const wrong = [...artifact.storedParts].find(
    ([number, { etag }]) => !etags.some(given => given.partNumber === number && given.etag === etag),
  );
  return wrong === undefined ? undefined : `part ${wrong[0]} is not named with its ETag ${wrong[1].etag}`;
}

export interface ArtifactSearch {
  readonly query: string;
  /** A step's id or key, or a job's id. */
  readonly scope?: string | undefined;
  readonly state?: string | undefined;
  readonly includeRetriedJobs: boolean;
  /** Without it, only the newest artifact of each path is found. */
  readonly includeDuplicates: boolean;
}

/** Finds artifacts of a build, the oldest first. */
export function searchArtifacts(build: Build, search: ArtifactSearch): Artifact[] {
  const jobs = build.steps
    .flatMap(step => step.jobs)
    .filter(job => search.includeRetriedJobs || job.retriedIn === undefined)
    .filter(({ id, step }) => isIn(search.scope, id, step.id, step.definition.key));
  const found = jobs
    .flatMap(job => [...job.artifactBatches.values()].flat())
    .filter(({ state, path }) => state === (search.state ?? state) && matchesArtifactQuery(search.query, path))
    .toSorted((left, right) => left.createdAt - right.createdAt);
  if (search.includeDuplicates) return found;
  const newest = new Map(found.map(artifact => [artifact.path, artifact]));
  return found.filter(artifact => newest.get(artifact.path) === artifact);
}

function isIn(scope: string | undefined, ...names: readonly (string | undefined)[]): boolean {
  return scope === undefined || scope === '' || names.includes(scope);
}

/** Makes and checks download URLs that need no token and are good for a limited time. */
export class DownloadSigner {
  readonly #key = randomBytes(32);

  url(world: World, artifact: Artifact): string {
    const expires = world.clock.now() + world.settings.artifactUrlTtlMs;
    return `${world.baseUrl()}/downloads/${artifact.id}/${expires}/${this.#sign(artifact.id, expires)}`;
  }

  isGood(world: World, artifactId: string, expires: number, signature: string): boolean {
    const given = createHash('sha256').update(signature).digest();
    const right = createHash('sha256').update(this.#sign(artifactId, expires)).digest();
    return timingSafeEqual(given, right) && expires > world.clock.now();
  }

  #sign(artifactId: string, expires: number): string {
    return createHmac('sha256', this.#key).update(`${artifactId}:${expires}`).digest('hex');
  }
}
