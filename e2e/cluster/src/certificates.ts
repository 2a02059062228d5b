import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** Who a certificate is for. */
export interface CertificateSubject {
  /** File name without extension: `NAME.crt` and `NAME.key` are written. */
  readonly name: string;
  /** Kubernetes reads this as the user name. */
  readonly commonName: string;
  /** Kubernetes reads this as the user's group. */
  readonly organization?: string;
  /** Subject alternative names, e.g. `DNS:kubernetes` or `IP:127.0.0.1`; makes it a serving certificate as well. */
  readonly alternativeNames?: readonly string[];
}

/** Paths of a PEM certificate and its key. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '3650'];

/** A certificate authority whose files, and the files of everything it signs, lie in one folder. */
export class CertificateAuthority {
  readonly certificate: string;
  readonly #directory: string;
  readonly #key: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.certificate = join(directory, 'ca.crt');
    this.#key = join(directory, 'ca.key');
  }

  /** Makes the folder, readable by its owner alone, and a new authority in it. */
  static async create(directory: string): Promise<CertificateAuthority> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const authority = new CertificateAuthority(directory);
    await openssl(['req', '-x509', ...newKey, '-subj', '/CN=local-cluster-ca', '-keyout', authority.#key, '-out', authority.certificate]);
    return authority;
  }

  /** Takes up the authority that `create` left in the folder. */
  static existing(directory: string): CertificateAuthority {
    return new CertificateAuthority(directory);
  }

  /** Signs a new key pair. The certificate appears last and whole, so a crash leaves none that looks complete. */
  async sign(subject: CertificateSubject): Promise<KeyPair> {
    const pair = this.pair(subject.name);
    const unfinished = `${pair.certificate}.unfinished`;
    await openssl([
      'req',
      '-x509',
      ...newKey,
      '-CA',
      this.certificate,
      '-CAkey',
      this.#key,
      '-subj',
      subjectLine(subject),
      ...subjectExtensions(subject).flatMap(extension => ['-addext', extension]),
      '-keyout',
      pair.key,
      '-out',
      unfinished,
    ]);
    await rename(unfinished, pair.certificate);
    return pair;
  }

  /** Where the files of a signed certificate are. */
  pair(name: string): KeyPair {
    return { certificate: join(this.#directory, `${name}.crt`), key: join(this.#directory, `${name}.key`) };
  }
}

/** Writes the key pair with which the API server signs service account tokens. */
export async function createServiceAccountKey(directory: string): Promise<{ privateKey: string; publicKey: string }> {
  const paths = serviceAccountKey(directory);
  await openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-out', paths.privateKey]);
  await openssl(['pkey', '-in', paths.privateKey, '-pubout', '-out', paths.publicKey]);
  return paths;
}

/** Where `createServiceAccountKey` puts its files. */
export function serviceAccountKey(directory: string): { privateKey: string; publicKey: string } {
  return { privateKey: join(directory, 'service-account.key'), publicKey: join(directory, 'service-account.pub') };
}

/** The X.509 subject in openssl's notation, with its separators escaped. */
export function subjectLine({ commonName, organization }: CertificateSubject): string {
  const escape = (text: string) => text.replaceAll(/[\\/+=]/g, found => `\\${found}`);
  return `${organization === undefined ? '' : `/O=${escape(organization)}`}/CN=${escape(commonName)}`;
}

function subjectExtensions({ alternativeNames = [] }: CertificateSubject): string[] {
  const constraints = ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,digitalSignature'];
  if (alternativeNames.length === 0) return [...constraints, 'extendedKeyUsage=clientAuth'];
  return [...constraints, 'extendedKeyUsage=clientAuth,serverAuth', `subjectAltName=${alternativeNames.join(',')}`];
}

async function openssl(parameters: string[]): Promise<void> {
  await execa('openssl', parameters, { stdin: 'ignore' });
}
