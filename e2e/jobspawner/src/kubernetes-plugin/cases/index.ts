import { blockCases } from './block-cases.ts';
import { checkoutCases } from './checkout-cases.ts';
import { containerCases } from './container-cases.ts';
import type { GoodCase } from './good-case.ts';
import { podSpecCases } from './pod-spec-cases.ts';

/** Every case that shows what keys of the `kubernetes` block do. */
export const goodCases: readonly GoodCase[] = [...podSpecCases, ...containerCases, ...blockCases, ...checkoutCases];
