import * as fc from 'fast-check';
import { runSeed } from './run-seed.ts';

// Loaded by vitest before each test file, for its property tests.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: runSeed() });
