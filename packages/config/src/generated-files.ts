import { configurationReference } from './configuration-reference.ts';

/** Every file that is made from the schemas: its path in the repository and its content, the same at every run. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([['docs/configuration.md', configurationReference()]]);
}
