import { environment, job } from '../corpus-object.ts';
import { bad, badBeside } from './bad-case.ts';

const own = ['copy-agent', 'agent', 'checkout', 'container-0'] as const;
const lists = ['initContainers', 'extraContainers'] as const;
const withSidecar = environment(
  { container: { image: 'node:24' }, extraContainers: [{ name: 'db', image: 'postgres:17' }] },
  'with-sidecar',
);
const withInit = environment({ container: { image: 'node:24' }, initContainers: [{ name: 'warm', image: 'node:24' }] }, 'with-init');

/** Two containers of one name, and names of the operator's own. */
export const nameCases = [
  ...own.flatMap(name =>
    lists.map(list =>
      bad(`a container of ${list} named ${name}, as the operator's own`, job({ [list]: [{ name, image: 'busybox' }] }), [
        `spec.${list}[0].name`,
        name,
        'choose another name',
      ]),
    ),
  ),
  badBeside(
    [environment({ container: { image: 'a' } }, 'agent')],
    'an unnamed sidecar of an environment named agent',
    job({ extraContainers: [{ environment: 'agent' }] }),
    ['spec.extraContainers[0].name', 'agent', 'choose another name'],
  ),
  bad(
    'an init container and a sidecar of one name',
    job({ initContainers: [{ name: 'db', image: 'a' }], extraContainers: [{ name: 'db', image: 'b' }] }),
    ['spec.extraContainers[0].name', 'db', 'another name'],
  ),
  badBeside(
    [withSidecar],
    "a sidecar named like the environment's",
    job({ environment: 'with-sidecar', extraContainers: [{ name: 'db', image: 'x' }] }),
    ['spec.extraContainers[0].name', 'db', 'another name'],
  ),
  badBeside(
    [withInit],
    "an init container named like the environment's",
    job({ environment: 'with-init', initContainers: [{ name: 'warm', image: 'x' }] }),
    ['spec.initContainers[0].name', 'warm', 'another name'],
  ),
  badBeside(
    [withInit],
    "a sidecar named like the environment's init container",
    job({ environment: 'with-init', extraContainers: [{ name: 'warm', image: 'x' }] }),
    ['spec.extraContainers[0].name', 'warm'],
  ),
  ...own.map(name =>
    bad(
      `an environment with a sidecar named ${name}`,
      environment({ container: { image: 'a' }, extraContainers: [{ name, image: 'b' }] }),
      ['spec.extraContainers[0].name', name, 'choose another name'],
    ),
  ),
  bad(
    'an environment with an init container and a sidecar of one name',
    environment({ container: { image: 'a' }, initContainers: [{ name: 'db', image: 'b' }], extraContainers: [{ name: 'db', image: 'b' }] }),
    ['spec.extraContainers[0].name', 'db', 'another name'],
  ),
];
