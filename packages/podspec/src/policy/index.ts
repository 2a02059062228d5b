export { type EnvironmentRule, matchesAny, type Policy } from './policy.ts';
export { policyProblems } from './policy-problems.ts';
