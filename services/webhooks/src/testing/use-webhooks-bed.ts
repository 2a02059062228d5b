import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { ServiceProxy } from './service-proxy.ts';
import { WebhooksBed } from './webhooks-bed.ts';

/** What the tests of a file share. */
export interface UsedBed {
  readonly bed: WebhooksBed;
  /** Where the API server looks for the webhooks: the test says which replicas are behind it. New for each test. */
  readonly proxy: ServiceProxy;
}

/** Starts a bed for all tests of the surrounding suite; after each one replicas and certificates are gone. */
export function useWebhooksBed(): UsedBed {
  let bed: WebhooksBed | undefined;
  let proxy: ServiceProxy | undefined;
  beforeAll(async () => {
    bed = await WebhooksBed.start();
  });
  afterAll(async () => {
    await bed?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    proxy = await ServiceProxy.start();
    await started(bed).register(proxy.port);
  });
  afterEach(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await bed?.reset();
  });
  return {
    get bed() {
      return started(bed);
    },
    get proxy() {
      return started(proxy);
    },
  };
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the bed is there within tests only');
  return part;
}
