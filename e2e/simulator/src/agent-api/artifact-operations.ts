import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { completeArtifact, createArtifacts, searchArtifacts } from '../domain/artifacts.ts';
import type { Artifact } from '../domain/records.ts';
import { requireBuild, type World } from '../domain/world.ts';
import type { SimulatorContext } from '../http/context.ts';
import { addOperation } from '../http/operation.ts';
import { ownBuild } from './own-build.ts';
import { refuseAfterFinish } from './refuse-after-finish.ts';

/** Name of the form field that carries the file. */
export const fileField = 'file';

const file = z.object({
  path: z.string().min(1),
  absolute_path: z.string().default(''),
  file_size: z.int().nonnegative(),
  sha1sum: z.string().default(''),
  sha256sum: z.string().default(''),
  content_type: z.string().default('application/octet-stream'),
  upload_destination: z.string().default(''),
});

const completion = z.object({
  id: z.string(),
  state: z.enum(['finished', 'error']),
  multipart_etags: z.array(z.object({ part_number: z.int().positive(), etag: z.string() })).nullish(),
});

/** Artifacts: announce, declare finished, search. Their bytes go to and come from the file routes. */
export function addArtifactOperations(app: FastifyInstance, context: SimulatorContext): void {
  addOperation(app, context, {
    name: 'artifacts-create',
    method: 'POST',
    path: 'jobs/:id/artifacts',
    token: 'job',
    body: z.object({
      id: z.string().min(1),
      artifacts: z.array(file).min(1).max(1000),
      upload_destination: z.string().default(''),
      multipart_supported: z.boolean().default(false),
    }),
    handle: ({ world, holder: { job }, body, request }) => {
      refuseAfterFinish(world, job, request);
      const files = body.artifacts.map(each => ({
        path: each.path,
        absolutePath: each.absolute_path,
        fileSize: each.file_size,
        sha1sum: each.sha1sum,
        sha256sum: each.sha256sum,
        contentType: each.content_type,
        uploadDestination: each.upload_destination === '' ? body.upload_destination : each.upload_destination,
      }));
      const artifacts = createArtifacts(world, job, { id: body.id, files, multipartSupported: body.multipart_supported });
      const instructions = artifacts.map(artifact => [artifact.id, uploadInstructions(world, artifact)] as const);
      return {
        status: 201,
        body: {
          id: body.id,
          artifact_ids: artifacts.map(({ id }) => id),
          upload_instructions: instructions[0]?.[1],
          per_artifact_instructions: Object.fromEntries(instructions),
        },
      };
    },
  });
  addOperation(app, context, {
    name: 'artifacts-update',
    method: 'PUT',
    path: 'jobs/:id/artifacts',
    token: 'job',
    body: z.object({ artifacts: z.array(completion) }),
    handle: ({ world, holder: { job }, body, request }) => {
      refuseAfterFinish(world, job, request);
      for (const { id, state, multipart_etags } of body.artifacts) {
        const etags = (multipart_etags ?? []).map(({ part_number, etag }) => ({ partNumber: part_number, etag }));
        completeArtifact(world, job, { id, state, etags }, request);
      }
      return { status: 200, body: {} };
    },
  });
  addOperation(app, context, {
    name: 'artifacts-search',
    method: 'GET',
    path: 'builds/:id/artifacts/search',
    token: 'job',
    query: z.object({
      query: z.string().default('*'),
      scope: z.string().optional(),
      state: z.string().optional(),
      include_retried_jobs: z.stringbool().default(false),
      include_duplicates: z.stringbool().default(false),
    }),
    handle: ({ world, holder: { job }, params, query }) => {
      const build = ownBuild(world, job, requireBuild(world, params['id'] ?? ''));
      const found = searchArtifacts(build, {
        query: query.query,
        scope: query.scope,
        state: query.state,
        includeRetriedJobs: query.include_retried_jobs,
        includeDuplicates: query.include_duplicates,
      });
      return { status: 200, body: found.map(artifact => artifactPayload(context, artifact)) };
    },
  });
}

/** One form, or one PUT a part. The agent takes the origin of `url` and the whole of `path` for a form. */
function uploadInstructions(world: World, artifact: Artifact) {
  const path = `/uploads/${artifact.uploadToken}`;
  const form = {
    action: { url: world.baseUrl(), method: 'POST', path, file_input: fileField },
    data: { artifact: artifact.id, key: '${artifact:path}' },
  };
  if (artifact.parts === 0) return form;
  const actions = Array.from({ length: artifact.parts }, (_, index) => ({
    url: `${world.baseUrl()}${path}/${index + 1}`,
    method: 'PUT',
    path: '',
    file_input: '',
    part_number: index + 1,
  }));
  return { ...form, actions };
}

function artifactPayload({ world, downloads }: SimulatorContext, artifact: Artifact) {
  return {
    id: artifact.id,
    path: artifact.path,
    absolute_path: artifact.absolutePath,
    glob_path: '',
    file_size: artifact.fileSize,
    sha1sum: artifact.sha1sum,
    sha256sum: artifact.sha256sum,
    job_id: artifact.jobId,
    created_at: new Date(artifact.createdAt).toISOString(),
    content_type: artifact.contentType,
    upload_destination: artifact.uploadDestination,
    url: artifact.uploadDestination === '' ? downloads.url(world, artifact) : `${artifact.uploadDestination}/${artifact.path}`,
  };
}
