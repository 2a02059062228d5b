import type { Container, PodSpec } from '../kubernetes-pod.ts';

/** A container of the pod by name. Throws where there is none: the test is wrong then. */
export function containerOf(spec: PodSpec | undefined, name: string): Container {
  const found = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].find(container => container.name === name);
  if (found === undefined) throw new Error(`the pod has no container ${name}`);
  return found;
}

/** Its variables with literal values, as the process gets them: references to other variables are not resolved. */
export function variablesOf({ env = [] }: Container): Record<string, string> {
  return Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, expand(value)]])));
}

/** What the kubelet makes of a value: `$$` is a dollar. Throws for `$(NAME)`, which it would replace. */
function expand(value: string): string {
  return value.replaceAll(/\$\$|\$\([^)]*\)/g, part => {
    if (part !== '$$') throw new Error(`${part} in ${value} would be replaced`);
    return '$';
  });
}
