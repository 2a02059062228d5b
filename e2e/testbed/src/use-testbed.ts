import { AsyncLocalStorage } from 'node:async_hooks';
import { afterAll, aroundEach, beforeAll, inject } from 'vitest';
import { TestbedSession } from './connect-testbed.ts';
import type { TestbedInfo } from './start-testbed.ts';
import { TestbedHandle } from './testbed-handle.ts';

declare module 'vitest' {
  interface ProvidedContext {
    testbed: TestbedInfo;
  }
}

/** The handle of the test that runs now. */
export type CurrentTestbed = Omit<TestbedHandle, 'settle'>;

/**
 * The testbed of a file; call it once at the top. Each test has its own, also where tests run at the same time: after each nothing
 * of it may be left, and the referee must have no entry about it.
 */
export function useTestbed(): CurrentTestbed {
  const handles = new AsyncLocalStorage<TestbedHandle>();
  let session: TestbedSession | undefined;

  beforeAll(async () => {
    session = await TestbedSession.connect(inject('testbed'));
  });
  aroundEach(async runTest => {
    if (session === undefined) throw new Error('the testbed is not connected');
    const handle = new TestbedHandle(session);
    await handles.run(handle, runTest);
    await handle.settle();
  });
  afterAll(() => session?.close());

  const current = () => {
    const handle = handles.getStore();
    if (handle === undefined) throw new Error('the testbed is used inside a test, which sees out what it makes');
    return handle;
  };
  return {
    get session() {
      return current().session;
    },
    createJob: (...args) => current().createJob(...args),
    createBuild: request => current().createBuild(request),
    own: job => current().own(job),
    start: (...args) => current().start(...args),
    finish: (...args) => current().finish(...args),
    run: (...args) => current().run(...args),
    log: jobId => current().log(jobId),
    createSecret: (...args) => current().createSecret(...args),
    createEnvironment: (...args) => current().createEnvironment(...args),
    expectBreaches: matches => current().expectBreaches(matches),
  };
}
