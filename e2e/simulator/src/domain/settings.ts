import { z } from 'zod';

const positive = z.number().positive();
const positiveInt = z.int().positive();

/**
 * What may be changed while the simulator runs. The defaults are quick rather than true to the real service (which
 * beats every minute and gives an agent up after minutes), so that tests and demos do not wait.
 */
export const settingsSchema = z.object({
  heartbeatIntervalSeconds: positiveInt.default(10).describe('how often an agent beats; told to it when it registers'),
  pingIntervalSeconds: positiveInt.default(1).describe('how often an agent asks for work; told to it when it registers'),
  jobStatusIntervalSeconds: positiveInt.default(1).describe('how often an agent looks whether its job was cancelled'),
  lostAgentAfterMs: positive.default(30_000).describe('silence after which an agent counts as lost and its job fails'),
  sweepIntervalMs: positive.default(100).describe('how often timeouts and lost agents are looked for'),
  chunksMaxSizeBytes: positiveInt.default(102_400).describe('largest log chunk, uncompressed'),
  chunksIntervalSeconds: positiveInt.default(1).describe('how often an agent sends its log'),
  logMaxSizeBytes: positiveInt.default(1_073_741_824).describe('largest log of one job; more is answered 413'),
  minuteMs: positive.default(60_000).describe('length of a minute of timeout_in_minutes, e.g. 1000 to make timeouts quick'),
  scheduledJobExpiryMs: positive.default(2_592_000_000).describe('after this time in `scheduled` a job expires'),
  maxActiveStacks: positiveInt.default(50).describe('a stack beyond that is refused with 403'),
  lostStackAfterMs: positive.default(300_000).describe('silence after which a stack counts as lost, and no more as active'),
  stackRateLimitFactor: positive.default(1).describe('by which the rate limits of the stacks API are multiplied'),
  pausedQueueGraceMs: z
    .number()
    .nonnegative()
    .default(30_000)
    .describe('how long after a stack was told of a paused queue its jobs may still be acquired'),
  pipelineUpload: z
    .enum(['async', 'sync'])
    .default('async')
    .describe('whether an upload is answered 202 and applied later, as the real service does'),
  pipelineUploadDelayMs: z.number().nonnegative().default(50).describe('time from an async upload to its being applied'),
  artifactMultipartThresholdBytes: positiveInt.default(16_777_216).describe('files from this size on are uploaded in parts'),
  artifactPartSizeBytes: positiveInt.default(8_388_608).describe('size of a part of a multipart upload'),
  artifactMaxSizeBytes: positiveInt.default(5_368_709_120).describe('largest artifact'),
  artifactUrlTtlMs: positive.default(600_000).describe('how long a download URL is good'),
  maxFinishedBuilds: positiveInt.default(10_000).describe('older finished builds are forgotten, with their logs and artifacts'),
  maxJobsPerBuild: positiveInt.default(4_000).describe('a pipeline that would make more is refused'),
  maxRefereeEntries: positiveInt.default(10_000).describe('further entries are only counted'),
});

export type Settings = z.output<typeof settingsSchema>;

export const settingsPatchSchema = z.object(
  Object.fromEntries(Object.entries(settingsSchema.shape).map(([key, schema]) => [key, schema.unwrap().optional()])) as {
    [Key in keyof typeof settingsSchema.shape]: z.ZodOptional<ReturnType<(typeof settingsSchema.shape)[Key]['unwrap']>>;
  },
);

export type SettingsPatch = z.output<typeof settingsPatchSchema>;
