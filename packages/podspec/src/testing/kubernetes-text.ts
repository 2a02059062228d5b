import * as fc from 'fast-check';

/** Texts that Kubernetes accepts in its fields, and texts that people write into free ones. */

/** RFC 1123 label of at most `most` characters. */
export function dnsLabel(most = 63): fc.Arbitrary<string> {
  const inner = `[a-z0-9-]{0,${most - 2}}`;
  return fc.oneof(fc.stringMatching(/^[a-z]{1,8}$/), fc.stringMatching(new RegExp(`^[a-z0-9](${inner}[a-z0-9])?$`)));
}

/** RFC 1123 subdomain: labels with dots between them. */
export const dnsSubdomain = fc.array(dnsLabel(20), { minLength: 1, maxLength: 3 }).map(labels => labels.join('.'));

/** Name part of a label, at most 63 characters. */
const labelName = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,20}[A-Za-z0-9])?$/);

/** Key of a label or annotation, with or without a prefix. */
export const labelKey = fc.oneof(
  labelName,
  fc.tuple(dnsSubdomain, labelName).map(([prefix, name]) => `${prefix}/${name}`),
);

export const labelValue = fc.oneof(fc.constant(''), labelName, fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/));

/** Any character of Unicode: printable ASCII, some that make trouble, or another. fast-check's own unit of all takes a second to build. */
const character = fc
  .oneof(
    fc.integer({ min: 0x20, max: 0x7e }),
    fc.constantFrom(0, 9, 10, 0x1b, 0xe9, 0x200d, 0x2713, 0x1f600),
    fc.integer({ min: 0, max: 0x10ffff }).filter(point => point < 0xd800 || point > 0xdfff),
  )
  .map(point => String.fromCodePoint(point));

/** Anything a person or a machine may have put into a free field, of at most `most` UTF-16 units; hard to put into labels and shells. */
export function freeText(most: number): fc.Arbitrary<string> {
  return fc
    .oneof(
      fc.constantFrom('', 'main', 'feature/ünïcode-✓', '-', '..', '$HOME', '$(BUILDKITE_JOB_ID)', '$$', 'a,b=c', "it's", 'two\nlines'),
      fc.string({ unit: character, maxLength: Math.min(most, 80) }),
      fc.constant('x'.repeat(most)),
    )
    .filter(text => text.length <= most);
}

export const image = fc.oneof(
  fc.constantFrom('debian', 'node:24-slim', 'registry.example.com:5000/team/go@sha256:0123456789abcdef'),
  fc.stringMatching(/^[a-z0-9]{1,20}(\/[a-z0-9]{1,20})?(:[A-Za-z0-9]{1,20})?$/),
);

/** Name of a variable as Kubernetes takes it: printable ASCII without = and blank. */
export const variableName = fc.oneof(
  fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,20}$/),
  fc.stringMatching(/^[!-<>-~]{1,20}$/),
  fc.constantFrom('BUILDKITE_COMMAND', 'BUILDKITE_AGENT_TOKEN', 'GIT_CONFIG_COUNT', 'PATH'),
);

/** A number of seconds up to the greatest that a 32-bit field holds. */
export function seconds(least: number, most = 2_147_483_647): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: least, max: Math.min(most, least + 600) }), fc.integer({ min: least, max: most }), fc.constant(most));
}

/** RFC 3339 with whole seconds. */
export const time = fc
  .integer({ min: Date.UTC(2026, 0, 1) / 1000, max: Date.UTC(2030, 0, 1) / 1000 })
  .map(unix => `${new Date(unix * 1000).toISOString().slice(0, 19)}Z`);

/** A record of which any field may be missing. */
export function partial<Fields extends object>(
  fields: { [Key in keyof Fields]: fc.Arbitrary<Fields[Key]> },
): fc.Arbitrary<Partial<Fields>> {
  return fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Partial<Fields>>;
}
