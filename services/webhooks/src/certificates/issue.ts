// The X.509 library needs this before it is loaded.
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate and its private key, both as PEM text. */
export interface PemPair {
  readonly certificate: string;
  readonly key: string;
}

/** What begins to count some minutes ago is valid for clients whose clock is late, too. */
export const backdateMs = 300_000;

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Makes a certificate authority of its own, with an ECDSA P-256 key. `lifetimeMs` counts from `now`. */
export async function issueAuthority(options: { readonly now: number; readonly lifetimeMs: number }): Promise<PemPair> {
  const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  // A name of its own each time: clients look the issuer up by it.
  const name = `CN=buildkite-operator-webhooks-ca-${randomBytes(4).toString('hex')}`;
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name,
      keys,
      ...serialAndDates(options),
      signingAlgorithm: ecdsa,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { certificate: pemLine(certificate.toString('pem')), key: await exportKey(keys.privateKey) };
}

/** Makes a serving certificate for these names, signed by the authority and never outliving it. */
export async function issueServing(
  authority: PemPair,
  options: { readonly now: number; readonly lifetimeMs: number; readonly names: readonly string[] },
): Promise<PemPair> {
  const issuer = new X509Certificate(authority.certificate);
  const signingKey = await importKey(authority.key);
  const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  const lifetimeMs = Math.min(options.lifetimeMs, issuer.notAfter.getTime() - options.now);
  const certificate = await X509CertificateGenerator.create(
    {
      subject: 'CN=buildkite-operator-webhooks',
      issuer: issuer.subject,
      ...serialAndDates({ now: options.now, lifetimeMs }),
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: ecdsa,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension(options.names.map(value => ({ type: isAddress(value) ? 'ip' : 'dns', value }))),
        await AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, webcrypto),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { certificate: pemLine(certificate.toString('pem')), key: await exportKey(keys.privateKey) };
}

function serialAndDates({ now, lifetimeMs }: { readonly now: number; readonly lifetimeMs: number }) {
  // A positive number of at most 20 bytes (RFC 5280, 4.1.2.2).
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return { serialNumber: serial.toString('hex'), notBefore: new Date(now - backdateMs), notAfter: new Date(now + lifetimeMs) };
}

function isAddress(name: string): boolean {
  return /^[0-9.]+$/.test(name) || name.includes(':');
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return pemLine(PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY'));
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [der] = PemConverter.decode(pem);
  if (der === undefined) throw new TypeError('no key in the PEM text');
  return webcrypto.subtle.importKey('pkcs8', der, ecdsa, false, ['sign']);
}

function pemLine(pem: string): string {
  return `${pem.trimEnd()}\n`;
}
