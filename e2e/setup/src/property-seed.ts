import * as fc from 'fast-check';

// Loaded by vitest before each test file. Property tests draw the same values in every run, so that a red one is red for the change at
// hand; BUILDKITE_OPERATOR_SEED=N draws others, to look for what nobody has found yet.
const seed = Number(process.env['BUILDKITE_OPERATOR_SEED'] ?? 20_261_124);
if (!Number.isInteger(seed))
  throw new Error(`BUILDKITE_OPERATOR_SEED is "${process.env['BUILDKITE_OPERATOR_SEED']}"; give it a whole number`);
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
