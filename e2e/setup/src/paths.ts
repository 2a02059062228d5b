import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The root of this checkout. */
export const repositoryRoot = resolve(import.meta.dirname, '../../..');

/**
 * Where built tools, images and downloads are kept between runs, outside the checkout.
 * `BUILDKITE_OPERATOR_CACHE` names another folder.
 */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment['BUILDKITE_OPERATOR_CACHE'];
  if (chosen !== undefined && chosen !== '') return resolve(chosen);
  const base = environment['XDG_CACHE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'buildkite-operator');
}
