export { ensureDebianPackages } from './debian-packages.ts';
export { ensureGoTools, type GoToolSet, goToolSets } from './go-tools.ts';
export { interruptionSignal, unlessAborted } from './interruption.ts';
export { acquireLock, isAlive, type Lock, type LockOptions, withLock } from './lock.ts';
export { cacheDirectory, repositoryRoot } from './paths.ts';
export { formatDuration, type Step, say, step } from './progress.ts';
export { runSeed } from './run-seed.ts';
export { type ScratchDirectory, scratchDirectory } from './scratch-directory.ts';
export { findSystemProblems, requireLocalClusterSystem, type SystemProblem } from './system.ts';
