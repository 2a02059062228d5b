/** The resource that a path is about, for metrics: `pods`, `pods/status`, `namespaces`; `other` for what is none. */
export function resourceOfPath(path: string): string {
  const parts = path.split('/').filter(part => part !== '');
  const rest = parts[0] === 'api' ? parts.slice(2) : parts[0] === 'apis' ? parts.slice(3) : [];
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status' && rest[2] !== 'finalize';
  const [plural, , subresource] = inNamespace ? rest.slice(2) : rest;
  if (plural === undefined) return 'other';
  return subresource === undefined ? plural : `${plural}/${subresource}`;
}
