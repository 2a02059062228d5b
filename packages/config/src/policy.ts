import { z } from 'zod';

const glob = z.string().min(1).max(253).regex(/^\S+$/, 'must be a name without spaces; * stands for any characters');

const globs = z.array(glob).max(200);

const environmentRule = z
  .object({
    environments: globs.min(1).meta({ description: 'BuildEnvironments that the rule is about: names, where * stands for any characters.' }),
    pipelines: globs
      .default(['*'])
      .meta({ description: 'Pipelines, by slug, that may use them: names, where * stands for any characters. None when empty.' }),
    namespaces: globs
      .default(['*'])
      .meta({ description: 'Namespaces of BuildJobs that may use them: names, where * stands for any characters. None when empty.' }),
  })
  .meta({ description: 'Who may use some environments.' });

/** What a BuildJob may ask for beyond its BuildEnvironment. */
export const policy = z
  .object({
    privileged: z.boolean().default(false).meta({
      description:
        'Whether a job may ask for privileged containers, added capabilities, privilege escalation, an unmasked /proc, or unconfined seccomp or AppArmor.',
    }),
    hostPaths: z
      .array(
        z
          .string()
          .max(4096)
          .regex(/^\/\S*$/, 'must be an absolute path, like /mnt/cache'),
      )
      .max(100)
      .default([])
      .meta({ description: 'Folders of the node that hostPath volumes of a job may be, or lie in. None when empty.' }),
    hostNamespaces: z
      .boolean()
      .default(false)
      .meta({ description: "Whether a job may share the node's network, processes, IPC or users, or open ports of the node." }),
    serviceAccounts: globs.default([]).meta({
      description: "Service accounts that a job may run as, besides its environment's: names, where * stands for any characters.",
    }),
    priorityClasses: globs.default(['*']).meta({
      description: "Priority classes that a job may have, besides its environment's: names, where * stands for any characters.",
    }),
    runtimeClasses: globs.default(['*']).meta({
      description: "Runtime classes that a job may have, besides its environment's: names, where * stands for any characters.",
    }),
    podPatch: z.boolean().default(true).meta({ description: 'Whether a job may have a podPatch at all.' }),
    environments: z.array(environmentRule).max(200).default([]).meta({
      description:
        'Which environments are kept for whom. An environment that some rule names may be used only where one of the rules that name it matches pipeline and namespace; one that no rule names is free to all.',
    }),
  })
  .meta({
    description:
      "What a job's author may ask for beyond the job's BuildEnvironments. What a BuildEnvironment asks for is the platform's own and free.",
  });

export type Policy = z.output<typeof policy>;

/** What holds where nothing is configured. */
export const defaultPolicy: Policy = policy.parse({});
