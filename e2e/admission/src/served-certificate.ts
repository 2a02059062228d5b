import { connect } from 'node:tls';

/** The certificate that a server shows now, by its serial number. */
export async function servedCertificate(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false, timeout: 5000 }, () => {
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      resolve(serialNumber);
    });
    socket.once('timeout', () => socket.destroy(new Error(`no answer from ${host}:${port} within 5 s`)));
    socket.once('error', reject);
  });
}
