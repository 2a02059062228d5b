import { dnsSubdomain, imageReference, resourceRequirements } from '@buildkite-operator/crds/toolkit';
import { z } from 'zod';

const longest = 2_147_483_647;
const seconds = (lowest: number, highest = longest) => z.int().min(lowest).max(highest);

/** What every pod starts from, and how long it may take over what. */
export const podDefaults = z
  .object({
    agentImage: imageReference.meta({
      description: "The operator's agent image, with buildkite-agent, tini, git and ssh; for the agent, the checkout and the set-up.",
    }),
    image: imageReference.optional().meta({
      description: 'Image of the command where neither job nor environment names one. The agent image when unset.',
    }),
    environment: dnsSubdomain.optional().meta({ description: 'BuildEnvironment of jobs that name none.' }),
    agentEndpoint: z
      .string()
      .max(2048)
      .regex(/^https?:\/\/\S+$/, 'must be an http or https URL, like https://agent.buildkite.com/v3')
      .optional()
      .meta({ description: "Buildkite's agent API. The agent's own default when unset." }),
    agentTokenSecret: z
      .object({
        name: dnsSubdomain.default('buildkite-agent-token').meta({ description: 'Name of the Secret, in the namespace of the jobs.' }),
        key: z
          .string()
          .min(1)
          .max(253)
          .regex(/^[-._a-zA-Z0-9]+$/, 'must be a key of a Secret: letters, digits, -, _ and .')
          .default('BUILDKITE_AGENT_TOKEN')
          .meta({ description: 'Key of the token in it.' }),
      })
      .prefault({})
      .meta({ description: "Where the agent token of Buildkite's cluster is." }),
    agentResources: resourceRequirements
      .default({ requests: { cpu: '20m', memory: '64Mi' } })
      .meta({ description: 'CPU and memory of the agent container.' }),
    checkoutResources: resourceRequirements
      .default({ requests: { cpu: '50m', memory: '64Mi' } })
      .meta({ description: 'CPU and memory of the checkout container. It runs before the command, in the same pod.' }),
    resources: resourceRequirements
      .default({})
      .meta({ description: 'CPU and memory of the command where neither job nor environment says.' }),
    timeoutSeconds: seconds(1)
      .default(21_600)
      .meta({ description: 'How long a job may run where it does not say, in seconds; then it is stopped (phase TimedOut).' }),
    pendingTimeoutSeconds: seconds(1)
      .default(900)
      .meta({ description: 'How long a job may take to start running where it does not say, in seconds; then it fails.' }),
    ttlSecondsAfterFinished: seconds(0)
      .default(0)
      .meta({ description: 'How long a finished BuildJob and its pod stay where it does not say, in seconds; 0 removes them at once.' }),
    terminationGracePeriodSeconds: seconds(15, 86_400)
      .default(60)
      .meta({ description: 'How long a stopped job gets to end by itself where it does not say, in seconds.' }),
    startFailureGraceSeconds: seconds(0).default(30).meta({
      description:
        'How long an image may fail to be pulled, a container fail to be made, or a named BuildEnvironment be missing, before the job ends, in seconds.',
    }),
    unschedulableGraceSeconds: seconds(0)
      .default(600)
      .meta({ description: 'How long a pod may find no node before the job ends, in seconds; time for an autoscaler to add one.' }),
    maxPods: z.int().min(1).max(100).default(3).meta({
      description: 'How many pods are made for one job in all, while its agent has not acquired it; 1 means that none is made again.',
    }),
    unreachableNodeSeconds: seconds(0)
      .default(60)
      .meta({ description: 'How long a pod stays on a node that has become unreachable or not ready, in seconds.' }),
  })
  .meta({ description: 'What every pod starts from. A job and its BuildEnvironment win over it where they have a field for it.' });
