/** A scheme, or `user@host:path` as git takes it. */
const hasColonInFirstPart = /^[^/#]*:/;

/**
 * Writes a plugin's source out in full, as the agent's pipeline parser (go-pipeline, `Plugin.FullSource`) does:
 * `docker#v5` is `github.com/buildkite-plugins/docker-buildkite-plugin#v5`, `org/name` is
 * `github.com/org/name-buildkite-plugin`; a path, a URL or a longer name stays as it is.
 */
export function expandPluginSource(source: string): string {
  if (source === '' || /^[/.\\]/.test(source) || hasColonInFirstPart.test(source)) return source;
  const hash = source.indexOf('#');
  const path = hash === -1 ? source : source.slice(0, hash);
  const fragment = hash === -1 ? '' : source.slice(hash);
  const [first = '', second, ...more] = path.split('/');
  if (more.length > 0) return source;
  if (second === undefined) return `github.com/buildkite-plugins/${first}-buildkite-plugin${fragment}`;
  return `github.com/${first}/${second}-buildkite-plugin${fragment}`;
}
