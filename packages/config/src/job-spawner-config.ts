import { interposers } from '@buildkite-operator/pipeline-settings';
import { z } from 'zod';
import { resourceClasses } from './resource-classes.ts';

const queueKey = z.string().min(1).max(255).regex(/^\S+$/, 'must be the key of a queue, without spaces');
const seconds = (lowest: number, highest: number) => z.number().min(lowest).max(highest);
const places = z.int().min(0).max(100_000);
const keys = z.array(z.string().min(1).max(100)).max(100);

const tagName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^,=\s]+$/, 'must be the name of an agent tag, without commas, = and spaces');
const tagValue = z
  .string()
  .max(255)
  .regex(/^[^,]*$/, 'must be without a comma, which separates tags');

/** Which of Buildkite's jobs are taken, how many at once, and what their pipelines may ask for. */
export const jobSpawnerConfig = z
  .object({
    queue: queueKey
      .default('bk-operator')
      .meta({ description: "Key of Buildkite's queue. Agents register with it where the job names none." }),
    furtherQueues: z.array(queueKey).max(50).default([]).meta({ description: 'Keys of further queues that jobs are taken from.' }),
    tags: z.record(tagName, tagValue).default({}).meta({
      description:
        "What the operator carries besides queue. A job is taken when each tag of its step's agents is here with the same value.",
      maxProperties: 100,
    }),
    stackKey: z
      .string()
      .min(1)
      .max(60)
      .regex(/^[A-Za-z0-9_-]+$/, 'must be letters, digits, _ and -')
      .optional()
      .meta({
        description:
          "What the operator is called in Buildkite, unique in the organization; each queue's stack is called so, with the queue's key behind it. Made from the UID of the operator's namespace when unset.",
      }),
    pollSeconds: seconds(0.2, 60).default(0.5).meta({ description: 'How often a queue is looked at while jobs come, in seconds.' }),
    idlePollSeconds: seconds(0.2, 60).default(2).meta({
      description: 'How often a queue is looked at that had no job of ours for a minute, is paused, or has no place free, in seconds.',
    }),
    maxJobs: places
      .default(100)
      .meta({ description: 'How many jobs there may be at once in all: BuildJobs that came from a queue and are not finished.' }),
    maxJobsPerQueue: z
      .record(queueKey, places)
      .default({})
      .meta({ description: 'How many of them may be of one queue, by its key. As many as there may be in all when unset.' }),
    maxJobsPerPipeline: places
      .optional()
      .meta({ description: 'How many of them may be of one pipeline. As many as there may be in all when unset.' }),
    pipelineLimits: z
      .record(z.string().min(1).max(253).regex(/^\S+$/, 'must be a slug without spaces; * stands for any characters'), places)
      .default({})
      .meta({
        description:
          'The same for some pipelines, by slug, where * stands for any characters; counted for each pipeline by itself. Of several that match, the longest counts.',
      }),
    reservationSeconds: z.int().min(10).max(3600).default(900).meta({
      description: 'How long Buildkite keeps a job for us that waits here, in seconds; extended long before for as long as it waits.',
    }),
    resourceClasses: resourceClasses
      .default({})
      .meta({ description: 'Sizes that a step may choose by `agents: {resource_class: NAME}`, by name.', maxProperties: 100 }),
    defaultResourceClass: z.string().min(1).max(255).optional().meta({ description: 'The class of jobs that name none. None when unset.' }),
    allowedKeys: z
      .object({
        buildkiteOperator: keys
          .optional()
          .meta({ description: 'Of the buildkite-operator plugin. Every key when unset, none forbids the plugin.' }),
        kubernetes: keys.optional().meta({ description: 'Of the kubernetes plugin. Every key when unset, none forbids the plugin.' }),
      })
      .default({})
      .meta({ description: 'Keys of the plugins that pipelines may use.' }),
    interposer: z.enum(interposers).default('buildkite').meta({
      description: "How `command` and `args` of the kubernetes plugin's podSpec become the job's command where the pipeline does not say.",
    }),
    endpoint: z
      .string()
      .max(2048)
      .regex(/^https?:\/\/\S+$/, 'must be an http or https URL, like https://agent.buildkite.com/v3')
      .optional()
      .meta({ description: "Buildkite's Stacks API. pod_defaults.agentEndpoint when unset, else Buildkite's own." }),
  })
  .meta({ description: "Which of Buildkite's jobs are taken, how many at once, and what their pipelines may ask for." });

export type JobSpawnerConfig = z.output<typeof jobSpawnerConfig>;
