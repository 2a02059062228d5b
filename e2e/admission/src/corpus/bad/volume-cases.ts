import { environment, job } from '../corpus-object.ts';
import { bad, badBeside } from './bad-case.ts';

const cache = { name: 'cache', emptyDir: {} };
const node = environment({ container: { image: 'node:24' }, volumes: [cache] }, 'with-cache');
const other = environment({ container: { image: 'redis:8' }, volumes: [{ name: 'cache', emptyDir: { medium: 'Memory' } }] }, 'redis-cache');
const sidecar = (volumeMounts: readonly object[]) => ({ name: 'helper', image: 'busybox', volumeMounts });
const own = ['workspace', 'agent-token', 'agent-hooks', 'git-credentials'] as const;

/** Mount paths that are taken, volumes that nobody brings, volumes of the operator's own. */
export const volumeCases = [
  badBeside(
    [node],
    'a path mounted twice in a sidecar',
    job({
      environment: 'with-cache',
      extraContainers: [
        sidecar([
          { name: 'cache', mountPath: '/a' },
          { name: 'cache', mountPath: '/a' },
        ]),
      ],
    }),
    ['spec.extraContainers[0].volumeMounts[1].mountPath', '/a', 'choose another path'],
  ),
  badBeside(
    [node],
    'a path mounted twice, once with a slash at its end',
    job({
      environment: 'with-cache',
      initContainers: [
        sidecar([
          { name: 'cache', mountPath: '/a' },
          { name: 'cache', mountPath: '/a/' },
        ]),
      ],
    }),
    ['spec.initContainers[0].volumeMounts[1].mountPath', '/a/', 'choose another path'],
  ),
  badBeside(
    [node],
    "the operator's path in a sidecar",
    job({ environment: 'with-cache', extraContainers: [sidecar([{ name: 'cache', mountPath: '/workspace' }])] }),
    ['spec.extraContainers[0].volumeMounts[0].mountPath', '/workspace', 'choose another path'],
  ),
  badBeside(
    [node],
    'a mount of a volume that nobody brings',
    job({ environment: 'with-cache', extraContainers: [sidecar([{ name: 'chache', mountPath: '/a' }])] }),
    ['spec.extraContainers[0].volumeMounts[0].name', 'chache'],
  ),
  bad('a mount of a volume in a job without an environment', job({ initContainers: [sidecar([{ name: 'cache', mountPath: '/a' }])] }), [
    'spec.initContainers[0].volumeMounts[0].name',
    'cache',
  ]),
  badBeside(
    [node, other],
    'two environments with different volumes of one name',
    job({ environment: 'with-cache', extraContainers: [{ environment: 'redis-cache' }] }),
    ['environment redis-cache: spec.volumes[0].name', 'cache', 'rename one'],
  ),
  bad(
    'an environment with a path mounted twice',
    environment({
      container: {
        image: 'a',
        volumeMounts: [
          { name: 'cache', mountPath: '/a' },
          { name: 'cache', mountPath: '/a' },
        ],
      },
      volumes: [cache],
    }),
    ['spec.container.volumeMounts[1].mountPath', '/a', 'choose another path'],
  ),
  bad(
    "an environment with the operator's path",
    environment({ container: { image: 'a', volumeMounts: [{ name: 'cache', mountPath: '/workspace/' }] }, volumes: [cache] }),
    ['spec.container.volumeMounts[0].mountPath', '/workspace/', 'choose another path'],
  ),
  bad(
    'an environment with a mount of no volume',
    environment({ container: { image: 'a', volumeMounts: [{ name: 'cache', mountPath: '/a' }] } }),
    ['spec.container.volumeMounts[0].name', 'cache'],
  ),
  bad(
    'an environment whose sidecar mounts no volume',
    environment({ container: { image: 'a' }, extraContainers: [sidecar([{ name: 'cache', mountPath: '/a' }])] }),
    ['spec.extraContainers[0].volumeMounts[0].name', 'cache'],
  ),
  ...own.map(name =>
    bad(
      `an environment with a volume named ${name}, as the operator's own`,
      environment({ container: { image: 'a' }, volumes: [{ name, emptyDir: {} }] }),
      ['spec.volumes[0].name', name, 'choose another name'],
    ),
  ),
];
