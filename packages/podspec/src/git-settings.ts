import type { BuildJobSpec, VolumeMount } from '@buildkite-operator/crds';
import { paths } from './names.ts';

/**
 * The agent's settings of git that a job may have; undefined leaves one to the agent. Names and meanings are those of `buildkite-agent start`.
 * The checkout copies what it needs from a mirror: commands do not mount the mirror, and git would break there if the checkout borrowed.
 */
export function gitVariables(checkout: BuildJobSpec['checkout'] = {}): Readonly<Record<string, string | undefined>> {
  const { submodules, submoduleCloneConfig = [], gitMirrors } = checkout;
  return {
    BUILDKITE_GIT_CLONE_FLAGS: checkout.cloneFlags,
    BUILDKITE_GIT_FETCH_FLAGS: checkout.fetchFlags,
    BUILDKITE_GIT_CLEAN_FLAGS: checkout.cleanFlags,
    BUILDKITE_GIT_CHECKOUT_FLAGS: checkout.checkoutFlags,
    BUILDKITE_NO_GIT_SUBMODULES: submodules === false ? 'true' : undefined,
    BUILDKITE_GIT_SUBMODULE_CLONE_CONFIG: submoduleCloneConfig.length > 0 ? submoduleCloneConfig.join(',') : undefined,
    ...(gitMirrors !== undefined && {
      BUILDKITE_GIT_MIRRORS_PATH: gitMirrors.path ?? paths.gitMirrors,
      BUILDKITE_GIT_MIRROR_CHECKOUT_MODE: 'dissociate',
      BUILDKITE_GIT_CLONE_MIRROR_FLAGS: gitMirrors.cloneFlags,
      BUILDKITE_GIT_MIRRORS_LOCK_TIMEOUT: gitMirrors.lockTimeout === undefined ? undefined : String(gitMirrors.lockTimeout),
      BUILDKITE_GIT_MIRRORS_SKIP_UPDATE: gitMirrors.skipUpdate === true ? 'true' : undefined,
    }),
  };
}

/** The mount of the job's volume with mirrors in the checkout; none where the job has no such volume. */
export function gitMirrorsMounts(checkout: BuildJobSpec['checkout'] = {}): VolumeMount[] {
  const { volume, path = paths.gitMirrors, skipUpdate } = checkout.gitMirrors ?? {};
  if (volume === undefined) return [];
  return [{ name: volume.name, mountPath: path, ...(skipUpdate === true && { readOnly: true }) }];
}
