import { z } from 'zod';

/** How strictly the webhooks judge a BuildJob before it is stored. */
export const admission = z
  .object({
    nodesAutoscale: z.boolean().default(true).meta({
      description:
        'Whether nodes may be added for a job. If not, a job whose node rules or size fit no node that exists is refused; if so, they are not compared.',
    }),
    dryRun: z
      .boolean()
      .default(true)
      .meta({ description: "Whether the job's pod is tried at the API server, so that what its admission refuses shows at once." }),
    fullQuota: z.enum(['wait', 'refuse']).default('wait').meta({
      description:
        'What becomes of a job for which a quota is full at the moment: it is taken with a warning and waits, or is refused. One that asks for more than the whole quota is refused in any case.',
    }),
  })
  .meta({ description: 'How strictly the webhooks judge a BuildJob before it is stored.' });
