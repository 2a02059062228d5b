import { environment, job } from '../corpus-object.ts';
import { bad, badBeside } from './bad-case.ts';

const node = environment({ container: { image: 'node:24' } }, 'node');
const noContainer = environment({ description: 'only settings' }, 'settings-only');

/** BuildJobs that name what does not exist, and BuildEnvironments that name what does not exist or each other. */
export const referenceCases = [
  bad('an unknown environment', job({ environment: 'nod' }), ['spec.environment', 'nod', 'create it or name another']),
  badBeside([node], 'an unknown environment, beside known ones', job({ environment: 'node-24' }), ['spec.environment', 'node-24', 'node']),
  bad('an unknown environment as init container', job({ initContainers: [{ environment: 'warm-up' }] }), [
    'spec.initContainers[0].environment',
    'warm-up',
    'create it or name another',
  ]),
  badBeside(
    [node],
    'an unknown environment as the second init container',
    job({ initContainers: [{ environment: 'node' }, { environment: 'nodes' }] }),
    ['spec.initContainers[1].environment', 'nodes', 'create it or name another'],
  ),
  bad('an unknown environment as sidecar', job({ extraContainers: [{ name: 'db', environment: 'postgres' }] }), [
    'spec.extraContainers[0].environment',
    'postgres',
    'create it or name another',
  ]),
  bad(
    'an unknown environment as sidecar, although an image is given',
    job({ extraContainers: [{ environment: 'postgres', image: 'postgres:17' }] }),
    ['spec.extraContainers[0].environment', 'postgres'],
  ),
  bad(
    'an unknown environment in every place',
    job({
      environment: 'one',
      initContainers: [{ environment: 'two' }],
      extraContainers: [{ environment: 'three' }, { environment: 'four' }],
    }),
    ['spec.environment', 'one'],
    ['spec.initContainers[0].environment', 'two'],
    ['spec.extraContainers[0].environment', 'three'],
    ['spec.extraContainers[1].environment', 'four'],
  ),
  badBeside([noContainer], 'a sidecar of an environment without an image', job({ extraContainers: [{ environment: 'settings-only' }] }), [
    'spec.extraContainers[0]',
    'names an image',
    'set container.image in the environment or image here',
  ]),
  badBeside(
    [noContainer],
    'an init container of an environment without an image',
    job({ initContainers: [{ environment: 'settings-only' }] }),
    ['spec.initContainers[0]', 'names an image'],
  ),
  bad('an environment with an unknown sidecar', environment({ extraContainers: [{ environment: 'postgres' }] }), [
    'spec.extraContainers[0].environment',
    'postgres',
  ]),
  bad('an environment with an unknown init container', environment({ initContainers: [{ name: 'warm', environment: 'warm-up' }] }), [
    'spec.initContainers[0].environment',
    'warm-up',
  ]),
  bad(
    'an environment that is its own sidecar',
    environment({ container: { image: 'a' }, extraContainers: [{ environment: 'self' }] }, 'self'),
    ['spec.extraContainers[0].environment', 'self'],
  ),
  bad(
    'an environment that is its own init container',
    environment({ container: { image: 'a' }, initContainers: [{ name: 'first', environment: 'self' }] }, 'self'),
    ['spec.initContainers[0].environment', 'self'],
  ),
  badBeside(
    [noContainer],
    'an environment with a sidecar that has no image',
    environment({ extraContainers: [{ environment: 'settings-only' }] }),
    ['spec.extraContainers[0]', 'names an image'],
  ),
];
