import { z } from 'zod';
import { containerFields, dnsLabel, dnsSubdomain } from './pod-parts.ts';

/** Longest command of a container, in characters; the API server's database takes no object of more than about 1.5 MB. */
const longestCommand = 1_000_000;

/** A script that the agent's bootstrap runs. */
export const commandText = z.string().max(longestCommand);

// A command's container works in the checkout, and its end is the job's: no arguments, no folder of its own, no probes and hooks.
const { env, envFrom, image, imagePullPolicy, ports, resources, securityContext, volumeMounts } = containerFields;

const commandContainer = z.object({
  name: dnsLabel.meta({ description: 'Name of the container.' }),
  environment: dnsSubdomain.optional().meta({
    description: "The BuildEnvironment that describes the container; the main container's when unset. What is set beside it wins over it.",
  }),
  command: commandText.optional().meta({
    description: 'Its command, run by /bin/sh -ec; several lines are one script. Unset where a plugin brings the command.',
  }),
  image,
  imagePullPolicy,
  env,
  envFrom,
  resources,
  ports,
  volumeMounts,
  securityContext,
});

/** The containers that run commands of their own after the main one. */
export const commandContainers = z
  .array(commandContainer)
  .max(20)
  .meta({
    description:
      "Containers that run commands of their own after the main container's, one after another in this order. The first failure ends the job, with its exit code.",
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
  });

export type CommandContainer = z.infer<typeof commandContainer>;
