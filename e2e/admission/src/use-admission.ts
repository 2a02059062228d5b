import { TestbedSession } from '@buildkite-operator/e2e-testbed';
import '@buildkite-operator/e2e-testbed/vitest';
import { afterAll, beforeAll, inject } from 'vitest';
import { Admission } from './admission.ts';

/** The admission of a file's tests; call it once at the top. */
export function useAdmission(): { readonly current: Admission } {
  let admission: Admission | undefined;
  beforeAll(async () => {
    admission = new Admission(await TestbedSession.connect(inject('testbed')));
  });
  afterAll(() => admission?.session.close());
  return {
    get current() {
      if (admission === undefined) throw new Error('the testbed is not connected');
      return admission;
    },
  };
}
