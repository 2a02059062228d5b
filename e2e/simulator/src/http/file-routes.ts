import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { fileField } from '../agent-api/artifact-operations.ts';
import type { Artifact, StoredPart } from '../domain/records.ts';
import { Refusal } from '../domain/refusal.ts';
import type { SimulatorContext } from './context.ts';

/** The bytes of artifacts, without tokens: the URL is the right to them. */
export function addFileRoutes(app: FastifyInstance, context: SimulatorContext): void {
  const { world, artifacts, downloads } = context;
  // Bodies are not read here but streamed to disk, whatever their type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  app.post<{ Params: { token: string } }>('/uploads/:token', async (request, reply) => {
    const artifact = findUpload(request.params.token);
    if (artifact.parts > 0) throw new Refusal('unprocessable', `artifact ${artifact.path} is to be uploaded in ${artifact.parts} parts`);
    artifact.storedParts.set(1, await readForm(request, file => artifacts.write(artifact.id, 1, file, artifact.fileSize)));
    return reply.code(204).send();
  });
  app.put<{ Params: { token: string; part: string } }>('/uploads/:token/:part', async (request, reply) => {
    const artifact = findUpload(request.params.token);
    const part = Number(request.params.part);
    if (!Number.isInteger(part) || part < 1 || part > artifact.parts) {
      throw new Refusal('not-found', `artifact ${artifact.path} has ${artifact.parts} parts, no part ${request.params.part}`);
    }
    const body = request.body instanceof Readable ? request.body : Readable.from([]);
    const stored = await artifacts.write(artifact.id, part, body, artifact.fileSize);
    artifact.storedParts.set(part, stored);
    return reply.code(200).header('ETag', stored.etag).send();
  });
  app.get<{ Params: { id: string; expires: string; signature: string } }>('/downloads/:id/:expires/:signature', (request, reply) => {
    const { id, expires, signature } = request.params;
    if (!downloads.isGood(world, id, Number(expires), signature)) throw new Refusal('forbidden', 'this URL is not good, or no longer');
    const artifact = world.artifacts.get(id);
    if (artifact === undefined) throw new Refusal('not-found', `no artifact ${id}`);
    return reply.header('Content-Length', artifact.fileSize).type(artifact.contentType).send(artifacts.read(artifact));
  });

  function findUpload(token: string): Artifact {
    const artifact = world.artifactUploads.get(token);
    if (artifact === undefined) throw new Refusal('not-found', 'no artifact is to be uploaded here');
    if (artifact.state === 'finished') throw new Refusal('conflict', `artifact ${artifact.path} is finished`);
    return artifact;
  }
}

/** Reads a multipart form up to its file, which must be the last field. */
async function readForm(request: FastifyRequest, store: (file: Readable) => Promise<StoredPart>): Promise<StoredPart> {
  const form = parserFor(request.raw);
  let stored: Promise<StoredPart> | undefined;
  const parsed = new Promise<void>((resolve, reject) => {
    form.on('file', (name, file) => {
      // The parser may report a broken form here again, after all else has ended; unheard, that would end the process.
      file.on('error', reject);
      if (name !== fileField || stored !== undefined) {
        file.resume();
        return;
      }
      stored = store(file);
      stored.catch(reject);
    });
    form.on('finish', resolve);
    form.on('error', error => reject(new Refusal('malformed', `the form cannot be read: ${String(error)}`)));
    request.raw.on('aborted', () => reject(new Refusal('malformed', 'the upload was cut off')));
    request.raw.on('error', reject);
  });
  request.raw.pipe(form);
  try {
    await parsed;
    if (stored === undefined) throw new Refusal('malformed', `the form has no file "${fileField}"`);
    return await stored;
  } finally {
    request.raw.unpipe(form);
    request.raw.resume();
    form.destroy();
  }
}

function parserFor(request: IncomingMessage): InstanceType<typeof Busboy> {
  const type = request.headers['content-type'];
  if (type === undefined || !type.startsWith('multipart/form-data')) {
    throw new Refusal('malformed', `an artifact is uploaded as multipart/form-data, not ${type ?? 'without a content type'}`);
  }
  const headers: BusboyHeaders = { ...request.headers, 'content-type': type };
  try {
    return new Busboy({ headers, limits: { fields: 100, fieldSize: 65_536, files: 1 } });
  } catch (error) {
    throw new Refusal('malformed', `the form cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
