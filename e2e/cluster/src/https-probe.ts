import { request } from 'node:https';

/**
 * The status of `GET url`, or undefined when nobody answers within `timeoutMs`.
 * The certificate is not checked: this only asks whether a server of ours is there yet.
 */
export function probeHttps(url: string, timeoutMs = 2000): Promise<number | undefined> {
  return new Promise(resolve => {
    const call = request(url, { rejectUnauthorized: false, agent: false, timeout: timeoutMs }, response => {
      response.resume();
      resolve(response.statusCode);
    });
    call.once('timeout', () => call.destroy());
    call.once('error', () => resolve(undefined));
    call.once('close', () => resolve(undefined));
    call.end();
  });
}
