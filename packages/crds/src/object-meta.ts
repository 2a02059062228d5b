import { z } from 'zod';

/** What our code reads of an object's metadata; everything else is kept as it is. */
export const objectMeta = z.looseObject({
  name: z.string().min(1).max(253),
  namespace: z.string().min(1).max(63),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.int().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  finalizers: z.array(z.string()).optional(),
});

/** Kubernetes' `metav1.Condition`. */
export const condition = z.object({
  type: z.string().min(1).max(316).meta({ description: 'Kind of the condition.' }),
  status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'Whether it holds.' }),
  observedGeneration: z.int().min(0).optional().meta({ description: 'The generation of the spec that it was found for.' }),
  lastTransitionTime: z.iso.datetime().meta({ description: 'When its status last changed.' }),
  reason: z.string().min(1).max(1024).meta({ description: 'Why, in one word.' }),
  message: z.string().max(32_768).meta({ description: 'Why, for a person.' }),
});

export type ObjectMeta = z.infer<typeof objectMeta>;
export type Condition = z.infer<typeof condition>;
