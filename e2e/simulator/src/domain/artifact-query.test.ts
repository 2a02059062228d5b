import { describe, expect, it } from 'vitest';
import { matchesArtifactQuery } from './artifact-query.ts';

describe('a search for artifacts', () => {
  it.each([
    ['dist/app.js', 'dist/app.js', true],
    ['dist/app.js', 'dist/app.jsx', false],
    ['dist/app.js', 'dist/appxjs', false],
    ['*', 'any/thing/at.all', true],
    ['dist/*', 'dist/index.html', true],
    ['dist/*', 'dist/js/script.js', true],
    ['dist/**/*', 'dist/js/script.js', true],
    ['dist/**/*', 'dist/index.html', false],
    ['dist/**', 'dist/index.html', true],
    ['*.log', 'a/b.log', true],
    ['*.log', 'a/b.log.gz', false],
    ['pkg-?.tar', 'pkg-1.tar', true],
    ['pkg-?.tar', 'pkg-12.tar', false],
    ['a+(b)[c].txt', 'a+(b)[c].txt', true],
    ['win/*', 'win\\file.txt', true],
    ['', 'x', false],
  ])('%j finds %j: %s', (query, path, found) => {
    expect(matchesArtifactQuery(query, path)).toBe(found);
  });
});
