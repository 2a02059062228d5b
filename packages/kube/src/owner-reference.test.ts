import { expect, it } from 'vitest';
import { builtin } from './builtin-resources.ts';
import { controllerOf, ownerReference } from './owner-reference.ts';
import { storedConfigMap } from './testing/sample-objects.ts';

const owner = storedConfigMap('owner', 1);

it('names kind, version and the very object, as its controller, and holds up foreground deletion', () => {
  expect(ownerReference(builtin.configMaps, owner)).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: 'owner',
    uid: 'uid-owner',
    controller: true,
    blockOwnerDeletion: true,
  });
});

it('finds the controller among several owners', () => {
  const plain = ownerReference(builtin.configMaps, storedConfigMap('other', 1), { controller: false, blockOwnerDeletion: false });
  const controller = ownerReference(builtin.configMaps, owner);
  expect(controllerOf({ metadata: { ownerReferences: [plain, controller] } })).toBe(controller);
  expect(controllerOf({ metadata: { ownerReferences: [plain] } })).toBeUndefined();
  expect(controllerOf({})).toBeUndefined();
});
