import { good } from './good-case.ts';

/** How the repository gets into the workspace. */
export const checkoutJobs = [
  good('checkout-skipped', { checkout: { skip: true } }),
  good('checkout-not-skipped', { checkout: { skip: false, submodules: true } }),
  good('checkout-flags', {
    checkout: { cloneFlags: '--depth=1 --no-tags', fetchFlags: '-v --prune', cleanFlags: '-ffxdq', checkoutFlags: '-f', submodules: false },
  }),
  good('checkout-with-credentials', { checkout: { credentialsSecret: 'git.example.com' } }),
  good('checkout-with-configured-submodules', {
    checkout: { submodules: true, submoduleCloneConfig: ['core.longpaths=true', 'http.version=HTTP/1.1'] },
  }),
  good('checkout-with-mirrors', {
    checkout: {
      gitMirrors: {
        volume: { name: 'mirrors', persistentVolumeClaim: { claimName: 'git-mirrors' } },
        path: '/mirrors',
        cloneFlags: '-v',
        lockTimeout: 60,
        skipUpdate: true,
      },
    },
  }),
  good('checkout-as-the-commands-user', { environment: 'node', checkout: { credentialsSecret: 'git' } }),
];
