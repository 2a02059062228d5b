import type { PemPair } from './issue.ts';

/** Gets each new serving certificate, the first included. Throws when it cannot be used. */
export type ServeCertificate = (pair: PemPair) => void;

/** Where a serving certificate comes from, and whoever keeps it fresh. */
export interface CertificateSource {
  /** Why there is nothing to serve with yet, for a readiness check. */
  missing(): string | undefined;
  /** Keeps the certificate fresh until the signal is aborted. Never throws for what the API server or a file does. */
  run(signal: AbortSignal): Promise<void>;
}
