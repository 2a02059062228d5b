import { type OperatorConfig, parseConfig, settingsContextOf } from '@buildkite-operator/config';
import type { LintOptions } from '@buildkite-operator/pipeline-lint';
import { errorMessage } from '@buildkite-operator/service';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../cli/usage-error.ts';

const data = z.record(z.string(), z.string());
const configMap = z.looseObject({
  kind: z.literal('ConfigMap'),
  metadata: z.looseObject({ namespace: z.string().optional() }).optional(),
  data,
});

/** What must be given and no pipeline depends on: a file for an overlay need not hold it. */
const otherDefaults = { pod_defaults: 'agentImage: agent:1' };

/** What the operator's configuration says about all jobs: its ConfigMap as YAML, alone or among other documents, or its `data`. Throws UsageError. */
export function readPlatform(text: string, file: string): LintOptions {
  const documents = parseAllDocuments(text).map(document => {
    if (document.errors[0] !== undefined) throw new UsageError(`${file} is no YAML: ${document.errors[0].message}`);
    return document.toJS() as unknown;
  });
  const maps = documents.flatMap(document => {
    const parsed = configMap.safeParse(document);
    return parsed.success ? [parsed.data] : [];
  });
  const alone = data.safeParse(documents.length === 1 ? documents[0] : undefined);
  const ours =
    maps.find(({ data }) => Object.hasOwn(data, 'job_spawner_config')) ?? maps[0] ?? (alone.success ? { data: alone.data } : undefined);
  if (ours === undefined)
    throw new UsageError(`${file} holds no ConfigMap: give it the operator's configuration, as kubectl get configmap -o yaml prints it`);
  try {
    const namespace = 'metadata' in ours ? ours.metadata?.namespace : undefined;
    return platformOf(parseConfig({ ...otherDefaults, ...ours.data }, { operatorNamespace: namespace ?? 'default' }));
  } catch (error) {
    throw new UsageError(`${file}: ${errorMessage(error)}`, error);
  }
}

function platformOf(config: OperatorConfig): LintOptions {
  const { queue, furtherQueues, tags } = config.job_spawner_config;
  return { queues: [queue, ...furtherQueues], tags, context: settingsContextOf(config, queue) };
}
