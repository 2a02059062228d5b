import { z } from 'zod';
import { commandContainers, commandText } from './command-container.ts';
import { condition, objectMeta } from './object-meta.ts';
import { phases } from './phases.ts';
import {
  dnsSubdomain,
  envList,
  imageReference,
  nodePreferences,
  nodeRequirements,
  resourceRequirements,
  sharedSettings,
  volume,
} from './pod-parts.ts';
import { reasonNames } from './reasons.ts';

const maxSeconds = 2_147_483_647;

const buildkite = z
  .object({
    jobId: z
      .string()
      .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'must be a lower-case UUID')
      .meta({ description: "The Buildkite job's UUID. The agent acquires exactly this job." }),
    queue: z.string().min(1).max(255).optional().meta({ description: 'Key of the queue that the job waits in.' }),
    pipeline: z.string().max(255).optional().meta({ description: 'Slug of the pipeline.' }),
    branch: z.string().max(1024).optional().meta({ description: 'Branch of the build.' }),
    buildUrl: z.string().max(2048).optional().meta({ description: 'Page of the build.' }),
    stepKey: z.string().max(255).optional().meta({ description: "The step's key." }),
    priority: z
      .int()
      .min(-2_147_483_648)
      .max(maxSeconds)
      .optional()
      .meta({ description: "The job's priority in Buildkite; higher starts first." }),
    agentTags: z
      .record(
        z
          .string()
          .min(1)
          .max(255)
          .regex(/^[^,=]+$/, 'must be without , and ='),
        z
          .string()
          .max(255)
          .regex(/^[^,]*$/, 'must be without a comma, which separates tags'),
      )
      .optional()
      .meta({ description: 'Tags that the agent registers with, beside queue: what the step asked for under agents.', maxProperties: 100 }),
    outsideAgent: z
      .object({
        environmentSecret: dnsSubdomain.meta({
          description:
            "Secret in the BuildJob's namespace whose keys are the job's environment, its access token among them. The pod waits until it is there.",
        }),
      })
      .optional()
      .meta({
        description:
          'The job belongs to an agent that runs elsewhere and has acquired it: the pod runs its checkout and its command, and has no agent. `bko run` sets it.',
      }),
  })
  .meta({ description: 'Which Buildkite job this is, and where it comes from.' });

const gitMirrors = z
  .object({
    volume: volume.optional().meta({
      description: 'Volume with the mirrors, as in a pod (persistentVolumeClaim, hostPath, …). Only the checkout mounts it.',
    }),
    path: z
      .string()
      .max(1024)
      .regex(/^\/[^:]*$/, 'must be an absolute path without a colon')
      .optional()
      .meta({ description: 'Where the mirrors are in the checkout. /buildkite/git-mirrors when unset.' }),
    cloneFlags: z.string().max(1024).optional().meta({
      description: 'Flags of the git clone that makes a mirror (the agent takes -v when unset).',
    }),
    lockTimeout: z.int().min(1).max(maxSeconds).optional().meta({
      description:
        'How long the checkout waits for another job that holds the same mirror, in seconds (the agent takes 300 when unset). Then it fails with exit code 94.',
    }),
    skipUpdate: z.boolean().optional().meta({
      description: 'The mirrors are only read, and mounted read-only: the job neither makes nor updates one. False when unset.',
    }),
  })
  .meta({
    description:
      'Mirrors of repositories that the checkout copies objects from, on a volume of yours. Without volume, something else must be mounted at the path.',
  });

const checkout = z
  .object({
    skip: z.boolean().optional().meta({ description: 'No checkout: the job starts in an empty folder.' }),
    cloneFlags: z.string().max(1024).optional().meta({ description: 'Flags of git clone (the agent takes -v when unset).' }),
    fetchFlags: z.string().max(1024).optional().meta({ description: 'Flags of git fetch (the agent takes -v --prune when unset).' }),
    cleanFlags: z.string().max(1024).optional().meta({ description: 'Flags of git clean (the agent takes -ffxdq when unset).' }),
    checkoutFlags: z.string().max(1024).optional().meta({ description: 'Flags of git checkout (the agent takes -f when unset).' }),
    submodules: z.boolean().optional().meta({ description: 'Whether submodules are checked out. True when unset.' }),
    submoduleCloneConfig: z
      .array(
        z
          .string()
          .max(1024)
          .regex(/^[^=,]+=[^,]*$/, 'must be key=value, without a comma, by which the agent separates them'),
      )
      .max(50)
      .optional()
      .meta({ description: 'Settings of git, as key=value, for the commands that clone submodules and no others.' }),
    gitMirrors: gitMirrors.optional(),
    credentialsSecret: dnsSubdomain.optional().meta({
      description:
        'Secret with git credentials, seen by the checkout only: .git-credentials for HTTP, and SSH_PRIVATE_RSA_KEY, SSH_PRIVATE_ECDSA_KEY or SSH_PRIVATE_ED25519_KEY for SSH.',
    }),
  })
  .meta({ description: 'How the repository gets into the workspace.' });

export const buildJobSpec = z
  .object({
    buildkite,
    environment: dnsSubdomain
      .optional()
      .meta({ description: "The BuildEnvironment that the command runs in. The operator's default when unset." }),
    image: imageReference.optional().meta({ description: "Image that the command runs in; wins over the environment's." }),
    command: commandText.optional().meta({
      description:
        "The job's command, run by /bin/sh -ec in the main container; several lines are one script. Unset where a plugin brings the command.",
    }),
    env: envList.optional(),
    resources: resourceRequirements
      .optional()
      .meta({ description: "CPU, memory and other resources of the main container; each wins over the environment's." }),
    commandContainers: commandContainers.optional(),
    jobNodeRequirements: nodeRequirements.optional(),
    jobNodePreferences: nodePreferences.optional(),
    ...sharedSettings,
    checkout: checkout.optional(),
    podPatch: z.looseObject({}).optional().meta({
      description:
        "Strategic merge patch of the pod's spec, applied last. The commands of the operator's own containers cannot be changed.",
    }),
    timeoutSeconds: z.int().min(1).max(maxSeconds).optional().meta({
      description: "How long the job may run, in seconds; then it is stopped (phase TimedOut). The operator's default when unset.",
    }),
    pendingTimeoutSeconds: z.int().min(1).max(maxSeconds).optional().meta({
      description:
        "How long the job may take to start running, in seconds; then it fails with reason PendingTimeout or the cause. The operator's default when unset.",
    }),
    ttlSecondsAfterFinished: z.int().min(0).max(maxSeconds).optional().meta({
      description:
        "How long the BuildJob and its pod stay after the end, in seconds; 0 removes them at once. The operator's default when unset.",
    }),
    terminationGracePeriodSeconds: z
      .int()
      .min(15)
      .max(86_400)
      .optional()
      .meta({ description: "How long a stopped job gets to end by itself, in seconds. The operator's default when unset." }),
    cancelled: z.boolean().default(false).meta({
      description: 'Set to true to stop the job: its pod gets its grace period, the phase becomes Cancelled. It cannot be taken back.',
    }),
  })
  .meta({ description: 'What to run, and how. Everything but cancelled is fixed once a pod was made.' });

const time = (description: string) => z.iso.datetime().optional().meta({ description });

export const buildJobStatus = z
  .object({
    phase: z.enum(phases).optional().meta({ description: 'Where the job is in its life.' }),
    observedGeneration: z.int().min(0).optional().meta({ description: 'The generation of the spec that this status describes.' }),
    conditions: z
      .array(condition)
      .max(20)
      .optional()
      .meta({
        description: 'Conditions by type: PodScheduled, Running, Blocked, Stopping, PodReplaced, Finished.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
      }),
    podName: z.string().max(253).optional().meta({ description: 'The pod that runs the job.' }),
    podUid: z.string().max(64).optional().meta({ description: "The pod's UID; a pod of the same name with another one is not ours." }),
    podAttempts: z.int().min(0).max(1000).optional().meta({
      description: 'How many pods have been made for the job, set with the first. More than one only while no agent had acquired it.',
    }),
    replacedPodUid: z
      .string()
      .max(64)
      .optional()
      .meta({ description: 'UID of the last pod that was given up before its agent had acquired the job.' }),
    nodeName: z.string().max(253).optional().meta({ description: 'The node that the pod is on.' }),
    pendingTime: time('When the controller first saw the job.'),
    schedulingTime: time('When the pod was made.'),
    initializingTime: time('When the pod was given a node.'),
    runningTime: time("When the job's containers had started."),
    finishedTime: time('When the job had ended.'),
    exitCode: z.int().min(-2_147_483_648).max(maxSeconds).optional().meta({
      description: "The job's true exit code: the command's, or the checkout's where that failed. Unset where none ran to its end.",
    }),
    reason: z.enum(reasonNames).optional().meta({ description: 'Why the job is not running, or why it ended; one of a closed list.' }),
    message: z.string().max(32_768).optional().meta({ description: 'What happened and what a person should do about it.' }),
  })
  .meta({ description: 'What the controller last saw.' });

/** A BuildJob as the API server stores it. */
export const buildJob = z.object({
  apiVersion: z.literal('buildkite-operator.io/v1alpha1'),
  kind: z.literal('BuildJob'),
  metadata: objectMeta,
  spec: buildJobSpec,
  status: buildJobStatus.optional(),
});

export type BuildJob = z.infer<typeof buildJob>;
export type BuildJobSpec = z.infer<typeof buildJobSpec>;
export type BuildJobStatus = z.infer<typeof buildJobStatus>;
