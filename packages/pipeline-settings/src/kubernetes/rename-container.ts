import { isObject } from '@buildkite-operator/crds/toolkit';

/** A part of a pod in which references to a container's resources (`resourceFieldRef`) follow the container to its new name. */
export function renameContainer<Part>(part: Part, from: string, to: string): Part {
  return from === to ? part : (walk(part, from, to) as Part);
}

function walk(value: unknown, from: string, to: string): unknown {
  if (Array.isArray(value)) return value.map(entry => walk(entry, from, to));
  if (!isObject(value)) return value;
  const fields = Object.entries(value).map(([field, part]) => {
    const isReference = field === 'resourceFieldRef' && isObject(part) && part['containerName'] === from;
    return [field, isReference ? { ...part, containerName: to } : walk(part, from, to)] as const;
  });
  return Object.fromEntries(fields);
}
