import { z } from 'zod';

const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const descriptorSchema = z.object({ mediaType: z.string(), digest: digestSchema, size: z.number().int().nonnegative() });

/** The part of an OCI image manifest that a transfer needs. */
export const manifestSchema = z.object({
  mediaType: z.string().default('application/vnd.oci.image.manifest.v1+json'),
  config: descriptorSchema,
  layers: z.array(descriptorSchema),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** The index of an OCI layout that holds one image. */
export const layoutIndexSchema = z.object({ manifests: z.tuple([descriptorSchema]) });

/** A piece of an image, by the hash of its content. */
export type Descriptor = z.infer<typeof descriptorSchema>;
