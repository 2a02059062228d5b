import { createHash } from 'node:crypto';
import type { EventNote } from './event-recorder.ts';

/** The object that an event is about. */
export interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** The same note on the same object, once or again and again. */
export interface EventSeries {
  readonly regarding: Regarding;
  readonly note: EventNote;
  /** Of the Event object; another after each time that a series begins anew. */
  readonly eventName: string;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
  /** Whether the Event object has been made. */
  readonly isStored: boolean;
}

/** A note that comes again within this time is counted up rather than reported anew. */
const seriesMs = 6 * 60_000;

/** How many series are remembered, the longest unheard of being forgotten first. */
const mostSeries = 2000;

/** Which notes have been made and which are still to be reported: pure bookkeeping, bounded in size. */
export class EventSeriesBook {
  readonly #mostPending: number;
  /** By note; in order of the last time, so that the oldest come first. */
  readonly #series = new Map<string, EventSeries>();
  readonly #pending = new Set<string>();
  /** Those that are being reported. */
  readonly #taken = new Set<string>();

  constructor(mostPending = 1000) {
    this.#mostPending = mostPending;
  }

  get pending(): number {
    return this.#pending.size;
  }

  get size(): number {
    return this.#series.size;
  }

  /** Counts a note; returns false when too many wait already and it is lost. */
  add(regarding: Regarding, note: EventNote, nowMs: number): boolean {
    const key = JSON.stringify([regarding.uid, regarding.kind, note.type, note.reason, note.action ?? '', note.note, note.atMs]);
    const known = this.#series.get(key);
    // The same happening, told once more.
    if (known !== undefined && note.atMs !== undefined) return true;
    if (!this.#pending.has(key) && this.#pending.size >= this.#mostPending) return false;
    const firstAt = note.atMs ?? nowMs;
    // What still waits is counted up however old it is, or its count would be lost.
    const goesOn = known !== undefined && (this.#pending.has(key) || nowMs - known.lastAt < seriesMs);
    this.#series.delete(key);
    this.#series.set(
      key,
      goesOn
        ? { ...known, lastAt: nowMs, count: known.count + 1 }
        : { regarding, note, eventName: eventName(regarding.name, key, firstAt), firstAt, lastAt: nowMs, count: 1, isStored: false },
    );
    this.#pending.add(key);
    this.#forget(nowMs);
    return true;
  }

  /** Takes the next series to report; undefined when there is none. */
  take(): { readonly key: string; readonly series: EventSeries } | undefined {
    const [key] = this.#pending;
    if (key === undefined) return undefined;
    this.#pending.delete(key);
    const series = this.#series.get(key);
    if (series === undefined) return this.take();
    this.#taken.add(key);
    return { key, series };
  }

  /** Says that what was taken is not being reported any more, however that ended. */
  settled(key: string): void {
    this.#taken.delete(key);
  }

  /** Whether a note about the object of this uid waits, or is being reported. */
  isPending(uid: string): boolean {
    return [...this.#pending, ...this.#taken].some(key => this.#series.get(key)?.regarding.uid === uid);
  }

  /** Says that the series' Event now exists. */
  stored(key: string): void {
    const series = this.#series.get(key);
    if (series !== undefined) this.#series.set(key, { ...series, isStored: true });
  }

  /** Says that the series' Event is gone (the server keeps events for an hour only): makes it again, under another name. */
  gone(key: string, nowMs: number): void {
    const series = this.#series.get(key);
    if (series === undefined) return;
    this.#series.set(key, { ...series, isStored: false, eventName: eventName(series.regarding.name, key, nowMs) });
    this.#pending.add(key);
  }

  /** Puts back what could not be reported. */
  putBack(key: string): void {
    if (this.#series.has(key)) this.#pending.add(key);
  }

  #forget(nowMs: number): void {
    for (const [key, series] of this.#series) {
      const isOld = nowMs - series.lastAt >= seriesMs || this.#series.size > mostSeries;
      if (!isOld) return;
      if (this.#pending.has(key)) continue;
      this.#series.delete(key);
    }
  }
}

/** As Kubernetes' own names of events: the object's name and something unique. */
function eventName(objectName: string, key: string, nowMs: number): string {
  const unique = createHash('sha256').update(`${key}${nowMs}`).digest('hex').slice(0, 16);
  return `${objectName.slice(0, 230)}.${unique}`;
}
