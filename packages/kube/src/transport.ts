import type { z } from 'zod';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export type ContentType =
  | 'application/json'
  | 'application/apply-patch+yaml'
  | 'application/merge-patch+json'
  | 'application/json-patch+json'
  | 'application/strategic-merge-patch+json';

export interface KubeRequest<T = unknown> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Without query, already escaped. */
  readonly path: string;
  /** Undefined values are left out. */
  readonly query?: Query;
  /** Sent as JSON, exactly as it is. */
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: ContentType;
  /** For the whole call, retries and waits included; default 30 s. */
  readonly deadlineMs?: number;
  /**
   * Whether the call may be sent again when it is not known if the server acted on it. Default: all but POST and JSON
   * patches. A repeated create or delete may find its own work done (`AlreadyExists`, `NotFound`): the caller judges.
   */
  readonly idempotent?: boolean;
  /** How often the call is sent at most; default 5. */
  readonly attempts?: number;
  /** What the answer must be; else the call fails with `BadAnswer`. Without it the answer is unchecked JSON. */
  readonly schema?: z.ZodType<T>;
}

export interface StreamRequest {
  readonly path: string;
  readonly query?: Query;
  /** How long the server may take to begin its answer; default 30 s. */
  readonly headersMs?: number;
}

/** The way to the API server. All failures are KubeErrors; an aborted call throws the signal's reason. */
export interface Transport {
  /** Sends one call and returns the parsed JSON of a 2xx answer. */
  request<T = unknown>(request: KubeRequest<T>, signal: AbortSignal): Promise<T>;
  /**
   * Opens a GET whose answer has no end of its own (a watch, a followed log), once, without retry. The bytes must be
   * iterated, or the signal aborted, for the connection to be freed.
   */
  stream(request: StreamRequest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Waits for calls that are under way, cuts streams off, and closes every connection. */
  close(): Promise<void>;
}
