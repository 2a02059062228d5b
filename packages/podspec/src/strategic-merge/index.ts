export type { JsonObject, JsonValue } from './json-value.ts';
export { type MergeNode, mergeRules } from './merge-keys.ts';
export type { MergeRule, MergeRules } from './merge-rule.ts';
export { type StrategicMergeOptions, strategicMerge } from './strategic-merge.ts';
export { StrategicMergeError, type StrategicMergeErrorCode } from './strategic-merge-error.ts';
