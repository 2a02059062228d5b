import { isDeepStrictEqual } from 'node:util';
import type { Volume } from '@buildkite-operator/crds';
import { ownVolumeNames } from './names.ts';
import type { Report } from './problem.ts';

/** The volumes that an environment brings. */
export interface VolumeSource {
  readonly environmentName: string | undefined;
  readonly volumes: readonly Volume[] | undefined;
}

/** A volume of the job's own, and the field that has it. */
export interface OwnVolume {
  readonly field: string;
  readonly volume: Volume;
}

/** The volumes of all environments, each once, then the job's own. Reports names of the operator's own, and one name for two things; the first counts then. */
export function mergeVolumes(sources: readonly VolumeSource[], own: readonly OwnVolume[], report: Report): Volume[] {
  const byName = new Map<string, { readonly volume: Volume; readonly owner: string }>();
  const add = (volume: Volume, owner: string, field: string) => {
    const complain = (problem: string) => {
      report({ code: 'VolumeConflict', field: `${field}.name`, value: volume.name, problem });
    };
    const earlier = byName.get(volume.name);
    if (ownVolumeNames.has(volume.name)) complain("is a volume of the operator's own; choose another name");
    else if (earlier === undefined) byName.set(volume.name, { volume, owner });
    else if (!isDeepStrictEqual(earlier.volume, volume))
      complain(`is another volume in ${earlier.owner}, and the pod would have both; rename one`);
  };
  // An environment in several roles is one source.
  const once = new Map(sources.map(source => [source.environmentName, source])).values();
  for (const { environmentName, volumes = [] } of once) {
    const owner = `environment ${environmentName}`;
    for (const [index, volume] of volumes.entries()) add(volume, owner, `${owner}: spec.volumes[${index}]`);
  }
  for (const { field, volume } of own) add(volume, 'the job', field);
  return [...byName.values()].map(({ volume }) => volume);
}
