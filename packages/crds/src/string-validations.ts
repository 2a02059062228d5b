import type { JsonObject } from './json-object.ts';
import { SchemaBuildError } from './schema-build-error.ts';
import type { ValueValidation } from './structural-schema.ts';

/** The formats that the API server itself checks (`pkg/apis/apiextensions/validation/formats.go`), under zod's names for them. */
const formats: Readonly<Record<string, string>> = {
  base64: 'byte',
  cidrv4: 'cidr',
  cidrv6: 'cidr',
  date: 'date',
  'date-time': 'date-time',
  email: 'email',
  hostname: 'hostname',
  ipv4: 'ipv4',
  ipv6: 'ipv6',
  mac: 'mac',
  uri: 'uri',
  uuid: 'uuid',
};

/** Where the server's own check says all: zod's pattern for a time is a page of calendar arithmetic. */
const selfSufficient = new Set(['date', 'date-time']);

/** The rules for a text, as the API server can hold them. Throws `SchemaBuildError` for a pattern that its engine (RE2) does not know. */
export function stringValidations(node: JsonObject, path: string): ValueValidation {
  const format = typeof node['format'] === 'string' ? formats[node['format']] : undefined;
  const pattern = typeof node['pattern'] === 'string' ? node['pattern'] : undefined;
  return {
    ...(format === undefined ? {} : { format }),
    ...(typeof node['minLength'] === 'number' ? { minLength: node['minLength'] } : {}),
    ...(typeof node['maxLength'] === 'number' ? { maxLength: node['maxLength'] } : {}),
    ...(pattern === undefined || (format !== undefined && selfSufficient.has(format)) ? {} : { pattern: toRe2(pattern, path) }),
  };
}

/** What JavaScript knows and RE2 does not: look-around, back-references, `[^]`, `\u1234`. */
const unknownToRe2 = /(?<!\\)(?:\\\\)*(?:\(\?<?[=!]|\\[1-9]|\\k<|\[\^\]|\\u)/;

function toRe2(pattern: string, path: string): string {
  if (unknownToRe2.test(pattern)) {
    throw new SchemaBuildError(
      path,
      `the API server's pattern engine does not know a part of ${pattern}: write it without look-around and back-references`,
    );
  }
  return pattern.replaceAll('\\/', '/');
}
