import { expect, test } from 'vitest';
import { buildPosition } from './buildah.ts';

test.each([
  ['STEP 3/9: RUN apt-get update', '3/9 RUN apt-get update'],
  ['[2/2] STEP 1/3: FROM scratch', '1/3 FROM scratch'],
  ['--> Using cache 0123', undefined],
  ['Get:1 http://deb.example bookworm STEP', undefined],
  [`STEP 1/1: RUN ${'x'.repeat(200)}`, `1/1 RUN ${'x'.repeat(72)}`],
])('%s shows as %s', (line, position) => {
  expect(buildPosition(line)).toBe(position);
});
