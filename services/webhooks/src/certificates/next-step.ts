import type { CertificateState, Validity } from './certificate-state.ts';

/** How long certificates live and when they are renewed, in milliseconds. */
export interface Lifetimes {
  readonly authorityMs: number;
  readonly servingMs: number;
  /** How long a new authority is trusted before it is used, and an old one after it was. */
  readonly overlapMs: number;
}

/** What has to be done about the certificates. */
export type Step =
  /** Nothing before this time. */
  | { readonly do: 'wait'; readonly until: number }
  /** There is nothing to build on: make an authority and a serving certificate. */
  | { readonly do: 'create'; readonly why: string }
  /** Put a new authority first in the bundle; the serving certificate stays. */
  | { readonly do: 'introduce'; readonly why: string }
  /** Make a serving certificate by the newest authority, which clients trust already. */
  | { readonly do: 'issue'; readonly why: string }
  /** Only the newest authority stays in the bundle. */
  | { readonly do: 'drop'; readonly why: string };

export interface Situation {
  /** What the Secret holds; undefined when it is not there or not usable. */
  readonly stored: CertificateState | undefined;
  /** The last usable state that this process has seen. */
  readonly remembered: CertificateState | undefined;
  /** Since when all webhook configurations have had the stored bundle, as far as this process has seen; undefined while one has not. */
  readonly publishedSince: number | undefined;
  /** Names that the serving certificate must have. */
  readonly names: readonly string[];
  readonly lifetimes: Lifetimes;
  readonly now: number;
}

/**
 * Decides the next step. No step takes anything away that a client may still rely on: an authority is used only when it has been in
 * every bundle for the overlap, and dropped only when no certificate of another has been served for the overlap.
 */
export function nextStep(situation: Situation): Step {
  const { stored, remembered, now } = situation;
  if (stored === undefined) {
    // Whoever emptied the Secret may have wanted a new authority; the old one goes on until clients trust that.
    if (remembered !== undefined && isUsable(remembered, now)) return { do: 'introduce', why: 'the Secret was lost' };
    return { do: 'create', why: 'the Secret holds nothing usable' };
  }
  if (!isUsable(stored, now)) return { do: 'create', why: 'a certificate has expired' };
  return rotation(stored, situation);
}

/** When two thirds of its life are over. */
export function renewAt({ issuedAt, expiresAt }: Validity): number {
  return issuedAt + ((expiresAt - issuedAt) * 2) / 3;
}

function rotation(stored: CertificateState, { publishedSince, names, lifetimes, now }: Situation): Step {
  const [newest, ...older] = stored.authorities;
  const { serving, servingIssuer } = stored;
  const trustedAt = publishedSince === undefined ? undefined : Math.max(newest.issuedAt, publishedSince) + lifetimes.overlapMs;
  const servesByNewest = servingIssuer === 0;
  if (!servesByNewest) {
    // While the bundle is not everywhere there is nothing to wait for but that.
    if (trustedAt === undefined || now < trustedAt) return { do: 'wait', until: trustedAt ?? now + lifetimes.overlapMs };
    return { do: 'issue', why: 'the new authority is trusted everywhere' };
  }
  if (!names.every(name => serving.names.includes(name))) return { do: 'issue', why: 'the service has other names' };
  if (now >= renewAt(newest)) return { do: 'introduce', why: 'two thirds of the life of the authority are over' };
  if (now >= renewAt(serving)) return { do: 'issue', why: 'two thirds of the life of the certificate are over' };
  const dropAt = older.length === 0 ? Number.POSITIVE_INFINITY : serving.issuedAt + lifetimes.overlapMs;
  if (now >= dropAt) return { do: 'drop', why: 'no certificate of an older authority is in use' };
  return { do: 'wait', until: Math.min(dropAt, renewAt(newest), renewAt(serving)) };
}

function isUsable({ authorities: [newest], serving }: CertificateState, now: number): boolean {
  return now < newest.expiresAt && now < serving.expiresAt;
}
