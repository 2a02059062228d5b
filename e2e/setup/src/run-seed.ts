/**
 * The seed of everything that tests draw at random. The same in every run, so that a red one is red for the change at hand;
 * BUILDKITE_OPERATOR_SEED=N draws others, to look for what nobody has found yet. Throws if that is no whole number.
 */
export function runSeed(): number {
  const text = process.env['BUILDKITE_OPERATOR_SEED'] ?? '20261124';
  const seed = Number(text);
  if (!Number.isInteger(seed)) throw new Error(`BUILDKITE_OPERATOR_SEED is "${text}"; give it a whole number`);
  return seed;
}
