import type { PodDefaults } from '@buildkite-operator/podspec';
import type { ControllerSettings } from './settings.ts';

/** The agent's and the checkout's own needs, small enough not to keep a job from a node that fits it. */
const agentResources = { requests: { cpu: '20m', memory: '64Mi' } };
const checkoutResources = { requests: { cpu: '50m', memory: '64Mi' } };

/** What every pod starts from, by the controller's settings. */
export function podDefaults(settings: ControllerSettings): PodDefaults {
  return {
    agentImage: settings.AGENT_IMAGE,
    image: settings.DEFAULT_IMAGE ?? settings.AGENT_IMAGE,
    queue: settings.QUEUE,
    agentTokenSecret: { name: settings.AGENT_TOKEN_SECRET, key: settings.AGENT_TOKEN_SECRET_KEY },
    agentResources,
    checkoutResources,
    resources: {},
    timeoutSeconds: settings.TIMEOUT_SECONDS,
    pendingTimeoutSeconds: settings.PENDING_TIMEOUT_SECONDS,
    ttlSecondsAfterFinished: settings.TTL_SECONDS_AFTER_FINISHED,
    terminationGracePeriodSeconds: settings.TERMINATION_GRACE_PERIOD_SECONDS,
    ...(settings.AGENT_ENDPOINT !== undefined && { agentEndpoint: settings.AGENT_ENDPOINT }),
    ...(settings.DEFAULT_ENVIRONMENT !== undefined && { environment: settings.DEFAULT_ENVIRONMENT }),
  };
}
