/** A time in the form of Kubernetes' `MicroTime`: RFC 3339 with six decimals. */
export function toMicroTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
