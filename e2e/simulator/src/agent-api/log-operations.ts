import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ChunkVerdict } from '../domain/job-log.ts';
import { hasEnded } from '../domain/job-state.ts';
import type { Job } from '../domain/records.ts';
import type { BreachKind, BreachRequest } from '../domain/referee.ts';
import { Refusal } from '../domain/refusal.ts';
import type { SimulatorContext } from '../http/context.ts';
import { addOperation } from '../http/operation.ts';
import { chunkDigest } from '../storage/log-store.ts';

const unzip = promisify(gunzip);

/** Bounds the memory that the account of one log takes. */
const maxChunks = 100_000;

const number = z.coerce.number().int().nonnegative();

/** Log chunks and header times. */
export function addLogOperations(app: FastifyInstance, context: SimulatorContext): void {
  addOperation(app, context, {
    name: 'chunks',
    method: 'POST',
    path: 'jobs/:id/chunks',
    token: 'job',
    body: z.instanceof(Buffer, { error: 'must be text/plain, as it is or with Content-Encoding: gzip' }),
    query: z.object({ sequence: number.min(1), offset: number, size: number }),
    handle: async ({ holder, body, query, headers, request }) => {
      const bytes = await decode(context, holder.job, body, headers['content-encoding'], request);
      if (bytes.length !== query.size) {
        refuse(context, holder.job, request, 'log-malformed', `the chunk has ${bytes.length} bytes, its query says ${query.size}`);
      }
      await takeChunk(context, holder.job, { ...query, bytes }, request);
      return { status: 201, body: {} };
    },
  });
  addOperation(app, context, {
    name: 'header-times',
    method: 'POST',
    path: 'jobs/:id/header_times',
    token: 'job',
    body: z.object({ header_times: z.record(z.string(), z.string()) }),
    handle: ({ holder: { job }, body }) => {
      for (const [index, time] of Object.entries(body.header_times)) job.headerTimes.set(index, time);
      return { status: 200, body: {} };
    },
  });
}

interface ReceivedChunk {
  readonly sequence: number;
  readonly offset: number;
  readonly size: number;
  readonly bytes: Buffer;
}

async function takeChunk(context: SimulatorContext, job: Job, chunk: ReceivedChunk, request: BreachRequest): Promise<void> {
  const { world, logs } = context;
  const { sequence, offset, size, bytes } = chunk;
  if (job.timeline.startedAt === undefined) refuse(context, job, request, 'log-before-start', `the job is ${job.state}`);
  const now = world.clock.now();
  const ended = hasEnded(job.state);
  const entry = { sequence, offset, size, digest: chunkDigest(bytes), receivedAt: now };
  if (ended && !job.log.chunks.some(known => known.sequence === sequence && known.digest === entry.digest)) {
    // An agent that was given up cannot know that its job is over.
    if (job.finishCall !== undefined)
      note(context, job, request, 'log-after-finish', `chunk ${sequence} (${size} bytes) after the job was ${job.state}`);
    throw new Refusal('unprocessable', `job ${job.id} has ended: it is ${job.state}`);
  }
  if (job.log.chunks.length >= maxChunks) throw new Refusal('too-large', `a log may have ${maxChunks} chunks`);
  if (offset + size > world.settings.logMaxSizeBytes)
    throw new Refusal('too-large', `a log may have ${world.settings.logMaxSizeBytes} bytes`);
  const refuseIfBad = (verdict: ChunkVerdict) => {
    if (verdict === 'new' || verdict === 'repeat') return;
    refuse(context, job, request, 'log-overlap', `chunk ${sequence} brings bytes ${offset} to ${offset + size} (${verdict})`);
  };
  // Judged before the bytes are written, and accepted after, so that nobody reads bytes that are not there yet.
  const verdict = job.log.judge(entry);
  refuseIfBad(verdict);
  if (verdict === 'repeat') return;
  await logs.write(job.id, offset, bytes);
  refuseIfBad(job.log.accept(entry));
  job.timeline.firstLogChunkAt ??= now;
  world.events.emit('log', job);
}

async function decode(
  context: SimulatorContext,
  job: Job,
  body: Buffer,
  encoding: string | undefined,
  request: BreachRequest,
): Promise<Buffer> {
  const limit = context.world.settings.chunksMaxSizeBytes;
  let bytes = body;
  if (encoding === 'gzip') {
    try {
      bytes = await unzip(body, { maxOutputLength: limit });
    } catch (error) {
      const problem =
        error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
          ? `is larger than ${limit} bytes`
          : 'is not gzip';
      return refuse(context, job, request, 'log-malformed', `the chunk ${problem}`);
    }
  }
  if (bytes.length > limit) refuse(context, job, request, 'log-malformed', `the chunk has ${bytes.length} bytes, ${limit} are allowed`);
  return bytes;
}

function refuse(context: SimulatorContext, job: Job, request: BreachRequest, kind: BreachKind, explanation: string): never {
  note(context, job, request, kind, explanation);
  throw new Refusal('unprocessable', explanation);
}

function note({ world }: SimulatorContext, job: Job, request: BreachRequest, kind: BreachKind, explanation: string): void {
  world.referee.note({ kind, jobId: job.id, agentId: job.agent?.id, request, explanation });
}
