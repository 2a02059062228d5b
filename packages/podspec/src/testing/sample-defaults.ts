import type { PodDefaults } from '../defaults.ts';

/** The operator's settings, as an installation may have them. */
export const podDefaults: PodDefaults = {
  agentImage: 'registry.example.com/buildkite-operator/agent:1',
  image: 'debian:bookworm-slim',
  agentEndpoint: 'https://agent.example.com/v3',
  queue: 'bk-operator',
  agentTokenSecret: { name: 'buildkite-agent-token', key: 'BUILDKITE_AGENT_TOKEN' },
  agentResources: { requests: { cpu: '20m', memory: '64Mi' } },
  checkoutResources: { requests: { cpu: '50m', memory: '64Mi' } },
  resources: {},
  timeoutSeconds: 21_600,
  pendingTimeoutSeconds: 900,
  ttlSecondsAfterFinished: 0,
  terminationGracePeriodSeconds: 60,
  unreachableNodeSeconds: 60,
};
