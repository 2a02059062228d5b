import { mergeKeyTable, renderMergeKeys } from '../merge-key-table.ts';
import type { SendToServer } from './api-server-requests.ts';

/** The text of merge-keys.ts as this API server would have it. */
export async function generatedMergeKeys(send: SendToServer): Promise<string> {
  const { body } = await send({ method: 'GET', path: '/openapi/v2' });
  return renderMergeKeys(mergeKeyTable(body, 'io.k8s.api.core.v1.PodTemplateSpec'));
}
