import type { KubeObject, Live } from './kube-object.ts';
import { formatFieldSelector, formatLabelSelector, type LabelSelector } from './label-selector.ts';
import type { Subresource } from './resource-definition.ts';
import type { Query } from './transport.ts';

/** Which objects: all when empty. Selectors are given as text or as data. */
export interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | LabelSelector | undefined;
  readonly fieldSelector?: string | Readonly<Record<string, string>> | undefined;
}

export interface CallOptions {
  /** For the whole call with its retries; default 30 s. */
  readonly deadlineMs?: number;
  /** How often the call is sent at most; default 5. */
  readonly attempts?: number;
}

export interface WriteOptions extends CallOptions {
  /** Checks and admits, but stores nothing. */
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  /** What the server does about unknown or doubled fields; default `Strict`: it refuses them. */
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
}

export interface ApplyOptions extends WriteOptions {
  /** Who owns the applied fields: one name per controller. */
  readonly fieldManager: string;
  /** Whether to take fields from other managers rather than fail with `Conflict`; default true. */
  readonly force?: boolean;
}

/** A write that must only hit the very object that was seen; else it fails with `Conflict`. */
export interface Preconditions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

export interface PatchOptions extends WriteOptions {
  readonly subresource?: Subresource;
}

export interface DeleteOptions extends CallOptions {
  readonly preconditions?: Preconditions;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: boolean;
}

export interface ObjectList<T extends KubeObject> {
  readonly items: Live<T>[];
  /** Where a watch may go on from. */
  readonly resourceVersion: string;
}

export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** The query parameters of a selection; also used by watches. */
export function selectionQuery({ labelSelector, fieldSelector }: Selection): Query {
  return {
    labelSelector: labelSelector === undefined || typeof labelSelector === 'string' ? labelSelector : formatLabelSelector(labelSelector),
    fieldSelector: fieldSelector === undefined || typeof fieldSelector === 'string' ? fieldSelector : formatFieldSelector(fieldSelector),
  };
}

/** The query parameters of a write. */
export function writeQuery(options: WriteOptions): Query {
  return {
    dryRun: options.dryRun === true ? 'All' : undefined,
    fieldManager: options.fieldManager,
    fieldValidation: options.fieldValidation ?? 'Strict',
  };
}

/** The part of the options that the transport wants; it takes no undefined values. */
export function callOptions(options: CallOptions): CallOptions {
  return {
    ...(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }),
    ...(options.attempts === undefined ? {} : { attempts: options.attempts }),
  };
}

/** The `DeleteOptions` object of the API. */
export function deleteBody(options: DeleteOptions): Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions: options.preconditions,
    propagationPolicy: options.propagationPolicy,
    gracePeriodSeconds: options.gracePeriodSeconds,
    dryRun: options.dryRun === true ? ['All'] : undefined,
  };
}

/** A merge patch that fails unless its object is the one that was seen. */
export function withPreconditions(patch: Readonly<Record<string, unknown>>, preconditions: Preconditions = {}): Record<string, unknown> {
  const given = typeof patch['metadata'] === 'object' ? patch['metadata'] : {};
  const metadata = { ...given, ...preconditions };
  return Object.keys(metadata).length === 0 ? patch : { ...patch, metadata };
}
