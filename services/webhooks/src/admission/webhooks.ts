import type { OperatorConfig } from '@buildkite-operator/config';
import type { AdmissionRequest } from '../server/admission-review.ts';
import type { Webhook } from '../server/admission-server.ts';
import type { AdmissionDependencies } from './admission-dependencies.ts';
import { mutationPatch } from './mutation-patch.ts';
import { validateBuildEnvironment } from './validate-build-environment.ts';
import { validateBuildJob } from './validate-build-job.ts';
import { allowed, allowedWithWarning, type Verdict } from './verdict.ts';

export type WebhooksOptions = Omit<AdmissionDependencies, 'config'> & {
  /** Undefined until the first good one is there. */
  readonly config: () => OperatorConfig | undefined;
};

/** Every webhook by its path. */
export function webhooksOf({ config, ...deps }: WebhooksOptions): Readonly<Record<string, Webhook>> {
  const judged =
    (judge: (request: AdmissionRequest, deps: AdmissionDependencies, signal: AbortSignal) => Promise<Verdict>): Webhook =>
    async (request, signal) => {
      const current = config();
      if (current === undefined)
        return { verdict: allowedWithWarning('the operator has no valid configuration yet, so nothing was checked') };
      if (request.namespace !== current.job_namespace) return { verdict: foreign(request, current.job_namespace) };
      return { verdict: await judge(request, { ...deps, config: current }, signal) };
    };
  return {
    'validate-buildjob': judged(validateBuildJob),
    'validate-buildenvironment': judged(validateBuildEnvironment),
    'mutate-buildenvironment': async request => {
      const current = config();
      if (current === undefined || request.namespace !== current.job_namespace) return { verdict: allowed };
      return { verdict: allowed, patch: mutationPatch(request, current.environment_defaults) };
    },
  };
}

/** What the operator does not watch it cannot judge, nor run. */
function foreign({ operation }: AdmissionRequest, watched: string): Verdict {
  if (operation === 'DELETE') return allowed;
  return allowedWithWarning(`the operator watches namespace ${watched} only: nothing happens with this object, and nothing was checked`);
}
