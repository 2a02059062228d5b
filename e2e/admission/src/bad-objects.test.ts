import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BadCase,
  dryRunCases,
  environmentShapes,
  impossibleResources,
  jobRules,
  jobShapes,
  manyFaults,
  nameCases,
  patchCases,
  policyCases,
  quantityCases,
  referenceCases,
  tokenCases,
  volumeCases,
} from './corpus/bad/index.ts';
import { distinct, shortcomingsFor } from './shortcomings.ts';
import { useAdmission } from './use-admission.ts';

const admission = useAdmission();

const themes: Readonly<Record<string, readonly BadCase[]>> = {
  'fields of a BuildJob that are no such thing': jobShapes,
  'fields of a BuildJob that do not go together': jobRules,
  'quantities that are none': quantityCases,
  'a BuildEnvironment that keeps to no schema': environmentShapes,
  'environments that do not exist': referenceCases,
  'names that are taken': nameCases,
  'volumes and mount paths': volumeCases,
  'ways to the agent token': tokenCases,
  'patches of what is the operator’s': patchCases,
  'resources that no container can have': impossibleResources,
  'what the policy forbids': policyCases,
  'what only the trial of the pod sees': dryRunCases,
  'several faults': manyFaults,
};

it('the corpus has at least 150 bad objects, each with a title of its own within its theme', () => {
  expect(Object.values(themes).flat().length).toBeGreaterThanOrEqual(150);
  for (const cases of Object.values(themes)) expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length);
});

describe.each(Object.entries(themes))('given %s', (_theme, cases) => {
  const given = distinct(cases.flatMap(({ given: beside }) => beside));
  beforeAll(async () => {
    for (const object of given) await admission.current.create(object);
  });
  afterAll(async () => {
    for (const object of given) await admission.current.remove(object);
  });

  it.for(cases)('when somebody sends $title, then it is refused with field and words', async badCase => {
    expect(await shortcomingsFor(admission.current, badCase)).toEqual([]);
  });
});
