import { unplaceable as onNoNode } from '@buildkite-operator/e2e-testbed/vitest';
import { block } from './use-queue.ts';

/** A step whose pod no node can take. */
export const unplaceable = block({ ...onNoNode });

/** A step whose image is not in the registry. */
export const unpullable = block({ image: 'registry.local:5000/test/no-such-image:1' });
