/** One step of a path as Kubernetes writes it: a field, or what stands in brackets. */
export interface PathStep {
  readonly name: string;
  readonly isBracketed: boolean;
}

/** `spec.limits[nvidia.com/gpu]` as its steps. */
export function parsePath(path: string): PathStep[] {
  return [...path.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map(([, bracketed, plain]) => ({
    name: bracketed ?? plain ?? '',
    isBracketed: bracketed !== undefined,
  }));
}

/** The steps as text, to be put after what comes before them. */
export function formatSteps(steps: readonly PathStep[]): string {
  return steps.map(({ name, isBracketed }) => (isBracketed ? `[${name}]` : `.${name}`)).join('');
}

/** A key of a map: in brackets only where it has to be. */
export function keyed(key: string): string {
  return /^[\w-]+$/.test(key) ? `.${key}` : `[${key}]`;
}
