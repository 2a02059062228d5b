import type { EndingCase } from '../ending-case.ts';
import { admissionEndings } from './admission-endings.ts';
import { commandEndings } from './command-endings.ts';
import { containerEndings } from './container-endings.ts';
import { memoryEndings } from './memory-endings.ts';
import { nodeEndings } from './node-endings.ts';
import { schedulingEndings } from './scheduling-endings.ts';
import { sidecarEndings } from './sidecar-endings.ts';

/** Every cause that is tried. */
export const endingCases: readonly EndingCase[] = [
  ...nodeEndings,
  ...containerEndings,
  ...schedulingEndings,
  ...admissionEndings,
  ...memoryEndings,
  ...sidecarEndings,
  ...commandEndings,
];
