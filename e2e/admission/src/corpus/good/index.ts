import { checkoutJobs } from './checkout-jobs.ts';
import { commandJobs } from './command-jobs.ts';
import { containerJobs } from './container-jobs.ts';
import { environmentJobs } from './environment-jobs.ts';
import { outsideJobs } from './outside-jobs.ts';
import { patchedJobs } from './patched-jobs.ts';
import { placementJobs } from './placement-jobs.ts';
import { plainJobs } from './plain-jobs.ts';

export { goodEnvironments } from './environments.ts';
export type { GoodCase, GoodEnvironments } from './good-case.ts';

/** Every job that must be taken. */
export const goodJobs = [
  ...plainJobs,
  ...checkoutJobs,
  ...commandJobs,
  ...outsideJobs,
  ...environmentJobs,
  ...containerJobs,
  ...placementJobs,
  ...patchedJobs,
];
