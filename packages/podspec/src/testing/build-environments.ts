import {
  type AdditionalContainer,
  apiVersion,
  type BuildEnvironment,
  type BuildEnvironmentSpec,
  type CommandContainer,
  type ContainerTemplate,
  type Volume,
} from '@buildkite-operator/crds';
import * as fc from 'fast-check';
import { ownContainerNames } from '../names.ts';
import { type TemplateWish, templateWishes, templateWith } from './container-parts.ts';
import { dnsLabel, dnsSubdomain, freeText, image, partial } from './kubernetes-text.ts';
import { nodePreferences, nodeRequirements, podSecurityContext } from './placement-parts.ts';
import { namedObjects, sharedParts } from './shared-parts.ts';

/** A name that an environment can have: it also names containers, so none of the operator's own. */
export const environmentName = dnsLabel().filter(name => !ownContainerNames.has(name));

/** The same in every environment that has it, so that environments with it go together. */
const sharedVolume: Volume = { name: 'shared-cache', persistentVolumeClaim: { claimName: 'cache' } };

const volumeSource: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  partial({ medium: fc.constant('Memory'), sizeLimit: fc.constant('1Gi') }).map(emptyDir => ({ emptyDir })),
  dnsSubdomain.map(name => ({ configMap: { name, defaultMode: 0o755 } })),
  dnsSubdomain.map(secretName => ({ secret: { secretName, optional: true } })),
  dnsSubdomain.map(claimName => ({ persistentVolumeClaim: { claimName } })),
  fc.constant({ hostPath: { path: '/var/run/socket', type: 'Socket' } }),
  dnsSubdomain.map(name => ({ projected: { sources: [{ secret: { name } }, { configMap: { name } }] } })),
  fc.constant({ downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } }),
);

/** An entry of a list of containers before its names are known: it only counts the environments. */
export interface ContainerWish {
  readonly environment: number | undefined;
  readonly label: string;
  readonly essential: boolean | undefined;
  readonly image: string;
  readonly template: TemplateWish;
}

export const containerWishes: fc.Arbitrary<ContainerWish[]> = fc.array(
  fc.record({
    environment: fc.option(fc.nat(3), { nil: undefined }),
    label: dnsLabel(40),
    essential: fc.option(fc.boolean(), { nil: undefined }),
    image,
    template: templateWishes,
  }),
  { maxLength: 2 },
);

/** What a list of containers can name. */
export interface ContainerScope {
  /** Ends every name, to tell the containers of one list apart from those of all others. */
  readonly ending: string;
  readonly environments: readonly EnvironmentWish[];
  /** The volumes that the pod will have. */
  readonly volumes: readonly string[];
}

/** The list, each container with a name of its own. */
export function sidecars(wishes: readonly ContainerWish[], { ending, environments, volumes }: ContainerScope): AdditionalContainer[] {
  return wishes.map(({ environment: chosen, label, essential, image: own, template }, index) => {
    const environment = environments[chosen ?? -1];
    return {
      name: `${label}-${ending}${index}`,
      ...(essential !== undefined && { essential }),
      ...templateWith(volumes, template),
      ...(environment !== undefined && { environment: environment.name }),
      ...(environment?.image === undefined && { image: own }),
    };
  });
}

/** The same for containers with a command, which is one text. */
export function commandContainers(wishes: readonly ContainerWish[], scope: ContainerScope): CommandContainer[] {
  return initContainers(wishes, scope).map(
    ({ essential: _essential, name = '', command, args: _args, workingDir: _workingDir, ...entry }) => ({
      ...entry,
      name,
      ...(command !== undefined && { command: command.join('\n') }),
    }),
  );
}

/** The same for init containers, which have no probes and hooks. */
export function initContainers(wishes: readonly ContainerWish[], scope: ContainerScope): AdditionalContainer[] {
  return sidecars(wishes, scope).map(
    ({ startupProbe: _startup, livenessProbe: _liveness, readinessProbe: _readiness, lifecycle: _lifecycle, ...entry }) => entry,
  );
}

const podParts: fc.Arbitrary<BuildEnvironmentSpec> = partial({
  ...sharedParts,
  description: freeText(4096),
  imagePullSecrets: fc.uniqueArray(fc.record({ name: dnsSubdomain }), { selector: ({ name }) => name, maxLength: 2 }),
  nodeRequirements,
  nodePreferences,
  podSecurityContext,
  hostAliases: fc.array(fc.constantFrom({ ip: '10.0.0.1', hostnames: ['db', 'db.local'] }, { ip: '::1', hostnames: ['six'] }), {
    maxLength: 2,
  }),
});

/** A BuildEnvironment before it is known which others there are. */
export interface EnvironmentWish {
  readonly name: string;
  readonly image: string | undefined;
  readonly template: TemplateWish | undefined;
  readonly volumes: readonly Record<string, unknown>[];
  readonly shared: boolean;
  readonly lists: { readonly initContainers?: readonly ContainerWish[]; readonly extraContainers?: readonly ContainerWish[] };
  readonly rest: BuildEnvironmentSpec;
}

/** Up to two BuildEnvironments of one namespace, any of which any job may use in any role. */
export const environmentWishes: fc.Arbitrary<EnvironmentWish[]> = fc.uniqueArray(
  fc.record({
    name: environmentName,
    image: fc.option(image, { nil: undefined }),
    template: fc.option(templateWishes, { nil: undefined }),
    volumes: fc.array(volumeSource, { maxLength: 2 }),
    shared: fc.boolean(),
    lists: partial({ initContainers: containerWishes, extraContainers: containerWishes }),
    rest: podParts,
  }),
  { selector: ({ name }) => name, maxLength: 2 },
);

/** The volumes that an environment brings. */
export function volumesOf({ volumes, shared }: EnvironmentWish, index: number): Volume[] {
  return [...volumes.map((source, number) => ({ name: `volume-${index}-${number}`, ...source })), ...(shared ? [sharedVolume] : [])];
}

export function buildEnvironment(wish: EnvironmentWish, index: number, environments: readonly EnvironmentWish[]): BuildEnvironment {
  const { name, image: own, template, lists, rest } = wish;
  const volumes = volumesOf(wish, index);
  const scope = { environments, volumes: volumes.map(volume => volume.name) };
  const { image: _image, ...parts } = templateWith(scope.volumes, template ?? {});
  const container: ContainerTemplate | undefined =
    own === undefined && template === undefined ? undefined : { ...parts, ...(own !== undefined && { image: own }) };
  const spec: BuildEnvironmentSpec = {
    ...rest,
    ...(container !== undefined && { container }),
    ...(volumes.length > 0 && { volumes }),
    ...(lists.initContainers !== undefined && { initContainers: initContainers(lists.initContainers, { ...scope, ending: `ie${index}` }) }),
    ...(lists.extraContainers !== undefined && { extraContainers: sidecars(lists.extraContainers, { ...scope, ending: `se${index}` }) }),
  };
  return { apiVersion, kind: 'BuildEnvironment', metadata: { name, namespace: namedObjects.namespace }, spec };
}
