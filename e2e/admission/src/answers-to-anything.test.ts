import { isKubeError } from '@buildkite-operator/kube';
import { renderCases } from '@buildkite-operator/podspec/testing';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Admission } from './admission.ts';
import type { CorpusObject } from './corpus/corpus-object.ts';
import { mutated } from './mutated-object.ts';
import { useAdmission } from './use-admission.ts';
import { WebhookPods } from './webhook-pods.ts';

const admission = useAdmission();

/** The code of the API server's answer to an object that is only tried; what is no answer is thrown on. */
async function answerTo(target: Admission, object: CorpusObject): Promise<number> {
  try {
    await target.create(object, true);
    return 200;
  } catch (error) {
    if (isKubeError(error) && error.status > 0) return error.status;
    throw error;
  }
}

const isAnswer = (status: number) => status >= 200 && status < 500;

describe('given any objects at all', () => {
  let before: Readonly<Record<string, number>> = {};
  beforeAll(async () => {
    before = await new WebhookPods(admission.current.session).restarts();
  });
  afterAll(async () => {
    const after = await new WebhookPods(admission.current.session).restarts();
    if (JSON.stringify(after) !== JSON.stringify(before)) throw new Error(`webhooks have ended: ${JSON.stringify({ before, after })}`);
  });

  it('when random jobs and environments of the right shape are sent, then each is taken or refused', async () => {
    await fc.assert(
      fc.asyncProperty(renderCases, async ({ job, environments }) => {
        const { metadata, ...rest } = job;
        const objects: CorpusObject[] = [
          ...environments.map(one => ({ ...one, kind: 'BuildEnvironment' as const, metadata: { name: one.metadata.name } })),
          { ...rest, kind: 'BuildJob', metadata: { name: metadata.name } },
        ];
        for (const object of objects) expect(await answerTo(admission.current, object)).toSatisfy(isAnswer);
      }),
      { numRuns: 250 },
    );
  });

  it('when anything in them is replaced by anything, then each is taken or refused', async () => {
    const objects = renderCases.chain(({ job, environments }) => {
      const [environment] = environments;
      return mutated<CorpusObject>(environment !== undefined && job.spec.cancelled ? environment : job);
    });
    await fc.assert(
      fc.asyncProperty(objects, async ({ kind, metadata, ...rest }) => {
        const object = { ...rest, kind, metadata: { name: metadata.name } };
        expect(await answerTo(admission.current, object)).toSatisfy(isAnswer);
      }),
      { numRuns: 750 },
    );
  });
});
