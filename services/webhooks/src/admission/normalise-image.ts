/**
 * The image reference with its registry's host in lower case, and with the tag `latest` written out where there is neither tag nor
 * digest. No registry is added where none is named: nodes may be configured to look elsewhere than at Docker Hub.
 */
export function normaliseImage(image: string): string {
  const slash = image.indexOf('/');
  const first = slash === -1 ? '' : image.slice(0, slash);
  const lowered = isHost(first) ? first.toLowerCase() + image.slice(slash) : image;
  if (lowered.includes('@')) return lowered;
  const name = lowered.slice(lowered.lastIndexOf('/') + 1);
  return name === '' || name.includes(':') ? lowered : `${lowered}:latest`;
}

/** As container runtimes tell a host from a folder: https://github.com/distribution/reference, `splitDockerDomain`. */
function isHost(part: string): boolean {
  return part.includes('.') || part.includes(':') || part.toLowerCase() === 'localhost';
}
