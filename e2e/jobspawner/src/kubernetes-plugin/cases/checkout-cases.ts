import { expect } from 'vitest';
import type { GoodCase } from './good-case.ts';
import { container, containerNames, kubernetes, variable, withCheckout } from './steps.ts';

const mirrors = { name: 'mirrors', emptyDir: {} };

/** The keys of `checkout`. */
export const checkoutCases: readonly GoodCase[] = [
  {
    given: 'no checkout',
    shows: ['checkout', 'checkout.skip'],
    step: () => ({ command: 'echo "files: $(ls -A | wc -l)"', plugins: kubernetes({}) }),
    log: ['files: 0'],
    pod: pod => expect(containerNames(pod)).not.toContain('checkout'),
  },
  {
    given: 'flags for git, credentials, variables and mounts of the checkout',
    shows: [
      'checkout.cloneFlags',
      'checkout.fetchFlags',
      'checkout.cleanFlags',
      'checkout.checkoutFlags',
      'checkout.noSubmodules',
      'checkout.gitCredentialsSecret',
      'checkout.envFrom',
      'checkout.extraVolumeMounts',
    ],
    step: ({ repository }) => ({
      command: [
        'echo "shallow $(git rev-parse --is-shallow-repository), tags $(git tag | tr \'\\n\' ,)"',
        'echo "library: $(ls library | tr \'\\n\' ,) end"',
        'echo "command has ${CHECKOUT_WORD:-nothing}, $(ls -d /private 2>/dev/null || echo no mount)"',
      ].join('\n'),
      repository: repository.privateUrl,
      plugins: withCheckout({
        checkout: {
          cloneFlags: '-v --depth=1 --no-tags',
          fetchFlags: '-v --depth=1 --tags',
          cleanFlags: '-ffxd --exclude=kept',
          checkoutFlags: '-f --no-guess',
          noSubmodules: true,
          gitCredentialsSecret: { secretName: 'kp-credentials', items: [{ key: 'github', path: '.git-credentials' }] },
          envFrom: [{ configMapRef: { name: 'kp-checkout' } }],
          extraVolumeMounts: [{ name: 'private', mountPath: '/private' }],
        },
        podSpec: { volumes: [{ name: 'private', emptyDir: {} }] },
      }),
    }),
    log: [
      'git clone -v --depth=1 --no-tags',
      '-v --depth=1 --tags',
      'git clean -ffxd --exclude=kept',
      'checkout -f --no-guess',
      'post-checkout has nothing, from the ConfigMap, /private',
      'shallow true, tags v1,',
      'library:  end',
      'command has nothing, no mount',
    ],
  },
  {
    given: 'settings of git for submodules',
    shows: ['checkout.submoduleCloneConfig'],
    step: ({ repository }) => ({
      command: 'echo "library: $(ls library | tr \'\\n\' ,) end"',
      repository: repository.url,
      plugins: withCheckout({ checkout: { submoduleCloneConfig: ['http.version=HTTP/1.1', 'pack.threads=1'] } }),
    }),
    log: ['-c http.version=HTTP/1.1 -c pack.threads=1 submodule update', 'library: library.txt, end'],
  },
  {
    given: 'mirrors on a volume, which the checkout makes',
    shows: [
      'checkout.gitMirrors',
      'checkout.gitMirrors.path',
      'checkout.gitMirrors.volume',
      'checkout.gitMirrors.cloneFlags',
      'checkout.gitMirrors.lockTimeout',
    ],
    step: ({ repository }) => ({
      command: 'echo "$(git log --oneline | wc -l | tr -d \' \') commits, $(ls -d /mirrors 2>/dev/null || echo no mirror)"',
      repository: repository.url,
      plugins: withCheckout({
        checkout: { gitMirrors: { volume: mirrors, path: '/mirrors', cloneFlags: '-v --no-tags', lockTimeout: 60 } },
      }),
    }),
    log: ['--mirror -v --no-tags', '--reference /mirrors/', '--dissociate', '2 commits, no mirror'],
    pod: pod => {
      expect(variable(pod, 'BUILDKITE_GIT_MIRRORS_LOCK_TIMEOUT', 'agent')).toBe('60');
      expect(container(pod, 'checkout').volumeMounts).toContainEqual({ name: 'mirrors', mountPath: '/mirrors' });
    },
  },
  {
    given: 'mirrors that are only read, and that have no such repository',
    shows: ['checkout.gitMirrors.skipUpdate'],
    step: ({ repository }) => ({
      command: 'cat readme.txt',
      repository: repository.url,
      plugins: withCheckout({ checkout: { gitMirrors: { volume: mirrors, skipUpdate: true } } }),
    }),
    log: ['checked out'],
    never: ['--mirror'],
    pod: pod =>
      expect(container(pod, 'checkout').volumeMounts).toContainEqual({
        name: 'mirrors',
        mountPath: '/buildkite/git-mirrors',
        readOnly: true,
      }),
  },
];
