import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbort, type Logger, sleep } from '@buildkite-operator/service';
import type { CertificateMetrics } from './certificate-metrics.ts';
import { readServing, secretKeys, validity } from './certificate-state.ts';
import type { CertificateSource, ServeCertificate } from './serving-certificate.ts';

export interface MountedCertificateOptions {
  /** Folder with `tls.crt` and `tls.key`, as a mounted Secret is. */
  readonly directory: string;
  readonly serve: ServeCertificate;
  readonly metrics: CertificateMetrics;
  readonly logger: Logger;
  /** How often the files are read although nothing was noticed; default a minute. */
  readonly pollMs?: number;
}

/** How soon a folder that cannot be watched, or files that do not fit together, are tried again. */
const retryMs = 1000;

/** Serves with the certificate of a mounted folder that somebody else, like cert-manager, keeps fresh. */
export class MountedCertificate implements CertificateSource {
  readonly #options: MountedCertificateOptions;
  readonly #logger: Logger;
  #served: string | undefined;

  constructor(options: MountedCertificateOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ component: 'certificates' });
  }

  missing(): string | undefined {
    if (this.#served !== undefined) return undefined;
    return `there is no usable ${secretKeys.certificate} and ${secretKeys.key} in ${this.#options.directory} yet`;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { directory, pollMs = 60_000 } = this.#options;
    while (!signal.aborted) {
      const changed = Promise.withResolvers<void>();
      // A Secret volume replaces a link in the folder; a watch on the file itself would see nothing.
      const watcher = watchFolder(directory, changed.resolve);
      try {
        const good = await this.#load();
        const stop = new AbortController();
        const waitMs = good && watcher !== undefined ? pollMs : Math.min(retryMs, pollMs);
        await Promise.race([changed.promise, sleep(waitMs, AbortSignal.any([stop.signal, signal]))]).finally(() => stop.abort());
      } catch (error) {
        if (!isAbort(error)) throw error;
      } finally {
        watcher?.close();
      }
    }
  }

  async #load(): Promise<boolean> {
    const { directory, serve, metrics } = this.#options;
    try {
      const [certificate, key] = await Promise.all(
        [secretKeys.certificate, secretKeys.key].map(name => readFile(join(directory, name), 'utf8')),
      );
      const pair = { certificate: certificate ?? '', key: key ?? '' };
      const { x509 } = readServing(pair);
      if (this.#served === x509.fingerprint256) return true;
      serve(pair);
      this.#served = x509.fingerprint256;
      metrics.expiry.set({ certificate: 'serving' }, validity(x509).expiresAt / 1000);
      this.#logger.info({ expires: x509.validToDate.toISOString() }, 'serving with a new certificate');
      return true;
    } catch (error) {
      this.#logger.warn({ error, directory }, 'the mounted certificate is not usable: the one before stays');
      return false;
    }
  }
}

function watchFolder(directory: string, onChange: () => void) {
  try {
    const watcher = watch(directory, onChange);
    watcher.on('error', onChange);
    return watcher;
  } catch {
    return undefined;
  }
}
