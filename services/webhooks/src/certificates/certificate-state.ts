import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { errorMessage } from '@buildkite-operator/service';
import { CertificateError } from './certificate-error.ts';
import { backdateMs, type PemPair } from './issue.ts';

/** The validity of a certificate, in milliseconds since the epoch. */
export interface Validity {
  /** When it was made; its formal begin lies some minutes before. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** One certificate authority that clients trust. */
export interface TrustedAuthority extends Validity {
  readonly certificate: string;
  /** SHA-256 of the certificate. */
  readonly fingerprint: string;
}

/** What the Secret holds, read and found consistent. */
export interface CertificateState {
  /** The newest authority first: its key signs. The others are trusted for as long as a certificate of theirs may be in use. */
  readonly authorities: readonly [TrustedAuthority, ...TrustedAuthority[]];
  /** The key of the newest authority. */
  readonly authorityKey: string;
  readonly serving: PemPair & Validity & { readonly names: readonly string[]; readonly fingerprint: string };
  /** Which of the authorities signed the serving certificate. */
  readonly servingIssuer: number;
}

/** Keys of the Secret. Those of the serving certificate are as in Secrets of type `kubernetes.io/tls`. */
export const secretKeys = { bundle: 'ca.crt', authorityKey: 'ca.key', certificate: 'tls.crt', key: 'tls.key' } as const;

type SecretData = Readonly<Record<string, string>>;

/** A bundle of more authorities than any rotation leaves behind is none of ours. */
const mostAuthorities = 16;

/** The PEM text of all trusted authorities: the `caBundle` of the webhook configurations. */
export function bundleOf(state: { readonly authorities: readonly TrustedAuthority[] }): string {
  return state.authorities.map(({ certificate }) => certificate).join('');
}

/** The content of the Secret for a state, in base64 as the API has it. */
export function toSecretData(bundle: string, authorityKey: string, serving: PemPair): Record<string, string> {
  const encode = (text: string) => Buffer.from(text).toString('base64');
  return {
    [secretKeys.bundle]: encode(bundle),
    [secretKeys.authorityKey]: encode(authorityKey),
    [secretKeys.certificate]: encode(serving.certificate),
    [secretKeys.key]: encode(serving.key),
  };
}

/** Reads the content of the Secret. Throws `CertificateError` when it is not what this service writes. */
export function readSecretData(data: SecretData): CertificateState {
  const bundle = decode(data, secretKeys.bundle);
  const [newest, ...older] = splitPem(bundle).map(readAuthority);
  if (newest === undefined) throw new CertificateError(`${secretKeys.bundle} holds no certificate`);
  if (older.length >= mostAuthorities) throw new CertificateError(`${secretKeys.bundle} holds more than ${mostAuthorities} certificates`);
  const authorityKey = decode(data, secretKeys.authorityKey);
  const serving = { certificate: decode(data, secretKeys.certificate), key: decode(data, secretKeys.key) };
  if (!newest.x509.checkPrivateKey(readKey(authorityKey, secretKeys.authorityKey))) {
    throw new CertificateError(`${secretKeys.authorityKey} is not the key of the first certificate in ${secretKeys.bundle}`);
  }
  const { x509, names } = readServing(serving);
  const all = [newest, ...older];
  const servingIssuer = all.findIndex(({ x509: authority }) => x509.checkIssued(authority) && x509.verify(authority.publicKey));
  if (servingIssuer === -1) throw new CertificateError(`${secretKeys.certificate} is signed by none of ${secretKeys.bundle}`);
  return {
    authorities: [trusted(newest), ...older.map(trusted)],
    authorityKey,
    serving: { ...serving, ...validity(x509), names, fingerprint: x509.fingerprint256 },
    servingIssuer,
  };
}

/** A serving certificate and key that belong together. Throws `CertificateError`. */
export function readServing({ certificate, key }: PemPair): { x509: X509Certificate; names: string[] } {
  const x509 = readCertificate(certificate, secretKeys.certificate);
  if (!x509.checkPrivateKey(readKey(key, secretKeys.key))) {
    throw new CertificateError(`${secretKeys.key} is not the key of ${secretKeys.certificate}`);
  }
  const names = (x509.subjectAltName ?? '')
    .split(', ')
    .filter(name => name !== '')
    .map(name => name.slice(name.indexOf(':') + 1));
  return { x509, names };
}

/** When a certificate was made and when it ends. */
export function validity(x509: X509Certificate): Validity {
  return { issuedAt: x509.validFromDate.getTime() + backdateMs, expiresAt: x509.validToDate.getTime() };
}

interface ReadAuthority {
  readonly pem: string;
  readonly x509: X509Certificate;
}

function readAuthority(pem: string): ReadAuthority {
  const x509 = readCertificate(pem, secretKeys.bundle);
  if (!x509.ca) throw new CertificateError(`${secretKeys.bundle} holds a certificate that is no authority's: ${x509.subject}`);
  return { pem: `${pem.trimEnd()}\n`, x509 };
}

function trusted({ pem, x509 }: ReadAuthority): TrustedAuthority {
  return { certificate: pem, fingerprint: x509.fingerprint256, ...validity(x509) };
}

function readCertificate(pem: string, key: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new CertificateError(`${key} is not a PEM certificate: ${errorMessage(cause)}`, cause);
  }
}

function readKey(pem: string, key: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new CertificateError(`${key} is not a PEM private key: ${errorMessage(cause)}`, cause);
  }
}

function splitPem(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
}

function decode(data: SecretData, key: string): string {
  const value = data[key];
  if (value === undefined || value === '') throw new CertificateError(`${key} is missing`);
  return Buffer.from(value, 'base64').toString('utf8');
}
