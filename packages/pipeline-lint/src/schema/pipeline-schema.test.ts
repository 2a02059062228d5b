import { resolve } from 'node:path';
import { findDrift } from '@buildkite-operator/crds/toolkit';
import { kubernetesKeys, operatorKeys } from '@buildkite-operator/pipeline-settings';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { badCases, goodCases, warningCases } from '../testing/lint-cases.ts';
import { generatedSchema, schemaFolder } from './generated-schema.ts';
import { pipelineSchema } from './pipeline-schema.ts';

const validate = new Ajv({ strict: true, strictTypes: false, allErrors: true }).compile(pipelineSchema());

function accepts(pipeline: string): boolean {
  return validate(parse(pipeline, { merge: true }));
}

describe('the JSON schema for editors', () => {
  it('is in the repository as the settings make it', async () => {
    const root = resolve(import.meta.dirname, '../../../..');
    expect(await findDrift(root, generatedSchema(), schemaFolder), 'run `pnpm gen` and commit what it writes').toEqual([]);
  });

  it('knows every key of both blocks', () => {
    const [text = ''] = generatedSchema().values();
    for (const name of [...kubernetesKeys, ...operatorKeys]) expect(text).toContain(`"${name}":`);
  });

  it.each([...goodCases, ...warningCases].filter(({ inEditor }) => inEditor === true))('takes $name', ({ pipeline }) => {
    expect(accepts(pipeline), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each(badCases.filter(({ inEditor }) => inEditor === true))('refuses $name', ({ pipeline }) => {
    expect(accepts(pipeline)).toBe(false);
  });
});
