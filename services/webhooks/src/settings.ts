import { processSettings } from '@buildkite-operator/config';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const seconds = z.coerce.number().int().max(2_147_483_647);
const daySeconds = 86_400;

/** The settings of the webhooks, one environment variable each. */
export const webhooksSettings = processSettings
  .extend({
    /** Port of the webhooks themselves, by TLS. */
    HTTPS_PORT: port.default(8443),
    /** `self`: certificates of our own, in a Secret; `files`: from CERTIFICATES_DIRECTORY, kept fresh by somebody else. */
    CERTIFICATES: z.enum(['self', 'files']).default('self'),
    CERTIFICATES_DIRECTORY: z.string().min(1).default('/var/run/webhooks-tls'),
    /** Name of the Secret, of the Service, and (below) of both webhook configurations. */
    TLS_SECRET: z.string().min(1).default('buildkite-operator-webhooks-tls'),
    SERVICE: z.string().min(1).default('buildkite-operator-webhooks'),
    /** Further names or addresses that the API server may call the webhooks by, with commas: for one outside of the cluster. */
    ADDITIONAL_NAMES: z
      .string()
      .default('')
      .transform(text =>
        text
          .split(',')
          .map(name => name.trim())
          .filter(name => name !== ''),
      ),
    WEBHOOK_CONFIGURATION: z.string().min(1).default('buildkite-operator-webhooks'),
    /** How long certificates live; each is renewed when two thirds are over. */
    AUTHORITY_LIFETIME_SECONDS: seconds.min(10).default(3650 * daySeconds),
    SERVING_LIFETIME_SECONDS: seconds.min(5).default(90 * daySeconds),
    /** How long a new authority is trusted before it is used, and an old one after it was. */
    AUTHORITY_OVERLAP_SECONDS: seconds.min(1).default(300),
    /** How long requests are served after SIGTERM, until no new ones come. */
    DRAIN_SECONDS: seconds.min(0).max(20).default(5),
  })
  .superRefine((settings, context) => {
    // A certificate due for renewal must live through the introduction of a new authority.
    if (settings.AUTHORITY_OVERLAP_SECONDS * 3 < settings.SERVING_LIFETIME_SECONDS) return;
    context.addIssue({
      code: 'custom',
      path: ['AUTHORITY_OVERLAP_SECONDS'],
      message: `must be less than a third of SERVING_LIFETIME_SECONDS (${settings.SERVING_LIFETIME_SECONDS})`,
    });
  });

export type WebhooksSettings = z.output<typeof webhooksSettings>;
