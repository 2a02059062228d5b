/** A job that is to stay reserved. */
interface Reservation {
  /** When the server lets it lapse, by the clock of the caller; undefined where it is not known. */
  readonly endsAtMs: number;
  readonly grantedMs: number;
}

/**
 * What we know about our reservations, to extend them in time. A job is reserved for a short time first: should this process die before
 * the BuildJob is stored, Buildkite gives the job out again soon. Once its BuildJob is there it gets the full time.
 */
export class ReservationBook {
  readonly #known = new Map<string, Reservation>();

  /** Notes that a job is reserved from now on for this long. */
  granted(jobId: string, grantedMs: number, nowMs: number): void {
    this.#known.set(jobId, { endsAtMs: nowMs + grantedMs, grantedMs });
  }

  /** The jobs among these whose reservation must be extended now: two thirds of it are left at most, or it is not known. Forgets all others. */
  due(jobIds: ReadonlySet<string>, nowMs: number): string[] {
    for (const known of this.#known.keys()) if (!jobIds.has(known)) this.#known.delete(known);
    return [...jobIds].filter(jobId => {
      const known = this.#known.get(jobId);
      return known === undefined || known.endsAtMs - nowMs <= (known.grantedMs * 2) / 3;
    });
  }
}
