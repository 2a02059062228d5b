import { errorMessage } from '@buildkite-operator/service';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Build, Job, PipelineUpload } from '../domain/records.ts';
import { Refusal } from '../domain/refusal.ts';
import { uploadPipeline } from '../domain/upload-pipeline.ts';
import { buildOf, type World } from '../domain/world.ts';
import type { SimulatorContext } from '../http/context.ts';
import { addOperation } from '../http/operation.ts';
import { parsePipeline } from '../pipeline/parse-pipeline.ts';
import { refuseAfterFinish } from './refuse-after-finish.ts';

const uploadBody = z.object({ uuid: z.string().min(1), pipeline: z.unknown(), replace: z.boolean().default(false) });

/** Pipeline upload: at once, or (as the real service does when asked to) accepted first and applied a little later. */
export function addPipelineOperations(app: FastifyInstance, context: SimulatorContext): void {
  addOperation(app, context, {
    name: 'pipeline-upload',
    method: 'POST',
    path: 'jobs/:id/pipelines',
    token: 'job',
    body: uploadBody,
    query: z.object({ async: z.stringbool().default(false) }),
    handle: ({ world, holder: { job }, body, query, request }) => {
      const build = buildOf(world, job);
      const known = build.uploads.get(body.uuid);
      const later = query.async && world.settings.pipelineUpload === 'async';
      if (known === undefined) {
        refuseAfterFinish(world, job, request);
        const upload: PipelineUpload = { id: body.uuid, jobId: job.id, state: 'pending', message: '' };
        build.uploads.set(upload.id, upload);
        const apply = () => applyUpload(world, build, job, upload, body);
        if (!later) apply();
        else setTimeout(apply, world.settings.pipelineUploadDelayMs).unref();
        return later ? accepted(world, job, upload) : applied(upload);
      }
      return later ? accepted(world, job, known) : applied(known);
    },
  });
  addOperation(app, context, {
    name: 'pipeline-upload-status',
    method: 'GET',
    path: 'jobs/:id/pipelines/:upload',
    token: 'job',
    handle: ({ world, holder: { job }, params }) => {
      const upload = buildOf(world, job).uploads.get(params['upload'] ?? '');
      if (upload === undefined || upload.jobId !== job.id)
        throw new Refusal('not-found', `no pipeline upload ${params['upload']} of this job`);
      return { status: 200, body: { state: upload.state, message: upload.message }, headers: { 'Retry-After': retryAfter(world) } };
    },
  });
}

function applyUpload(world: World, build: Build, job: Job, upload: PipelineUpload, body: z.output<typeof uploadBody>): void {
  // The build may have been forgotten meanwhile.
  if (!world.builds.has(build.id)) return;
  try {
    uploadPipeline(world, job, parsePipeline(body.pipeline), body.replace);
    upload.state = 'applied';
  } catch (error) {
    // Never thrown on: this may run in a timer, where it would end the process.
    upload.state = error instanceof Refusal ? 'rejected' : 'failed';
    upload.message = errorMessage(error);
  }
}

function applied(upload: PipelineUpload) {
  if (upload.state !== 'applied') throw new Refusal('unprocessable', upload.message);
  return { status: 200, body: {} };
}

function accepted(world: World, job: Job, { id }: PipelineUpload) {
  return {
    status: 202,
    body: {},
    headers: { Location: `${world.baseUrl()}/v3/jobs/${job.id}/pipelines/${id}`, 'Retry-After': retryAfter(world) },
  };
}

/** Seconds, with fractions, which the agent understands. */
function retryAfter(world: World): string {
  return (Math.max(world.settings.pipelineUploadDelayMs, 1) / 1000).toFixed(3);
}
