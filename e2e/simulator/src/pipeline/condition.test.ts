import { describe, expect, it } from 'vitest';
import { matchesBranchFilter } from './branch-filter.ts';
import { evaluateCondition } from './condition.ts';
import { PipelineError } from './pipeline-error.ts';

const facts = {
  variables: { 'build.branch': 'main', 'build.message': 'Fix "it" [skip]', 'build.number': 7, 'build.tag': null },
  env: { DEPLOY: 'yes' },
};

describe('a condition', () => {
  it.each([
    ['build.branch == "main"', true],
    ["build.branch == 'main'", true],
    ['build.branch != "main"', false],
    ['build.branch =~ /^ma/', true],
    ['build.branch =~ /^MA/', false],
    ['build.branch =~ /^MA/i', true],
    ['build.branch !~ /^ma/', false],
    ['build.message =~ /\\[skip\\]/', true],
    ['build.message == "Fix \\"it\\" [skip]"', true],
    ['build.number == 7', true],
    ['build.tag == null', true],
    ['build.tag =~ /v/', false],
    ['build.env("DEPLOY") == "yes"', true],
    ['env("ABSENT") == null', true],
    ['true', true],
    ['false', false],
    ['!false', true],
    ['!(build.branch == "main")', false],
    ['false || true', true],
    ['true && false', false],
    ['true || false && false', true],
    ['(true || false) && false', false],
    ['build.branch == "main" && build.number == 7', true],
  ])('%s is %s', (text, expected) => {
    expect(evaluateCondition(text, facts)).toBe(expected);
  });

  it.each([
    ['', 'ends too early'],
    ['build.branch ==', 'ends too early'],
    ['build.colour == "x"', 'build.colour, which is not known'],
    ['(true', 'a bracket that is not closed'],
    ['true true', 'does not expect "true"'],
    ['build.branch =~ "main"', 'needs a regular expression'],
    ['build.branch =~ /(/', 'bad regular expression'],
    ['build.env(DEPLOY)', 'needs build.env("NAME")'],
    ['a # b', 'does not expect "# b"'],
    ['includes', 'not known'],
  ])('%j is refused: %s', (text, problem) => {
    expect(() => evaluateCondition(text, facts)).toThrow(PipelineError);
    expect(() => evaluateCondition(text, facts)).toThrow(problem);
  });
});

describe('a branch filter', () => {
  it.each([
    ['main', 'main', true],
    ['main', 'mainly', false],
    ['main stable/*', 'stable/1.0', true],
    ['main stable/*', 'feature/stable/1', false],
    ['*', 'anything', true],
    ['!main', 'main', false],
    ['!main', 'other', true],
    ['feature/* !feature/x', 'feature/x', false],
    ['feature/* !feature/x', 'feature/y', true],
    ['*release*', 'a-release-b', true],
    ['a.b', 'aXb', false],
    ['', 'any', true],
  ])('%j lets %j pass: %s', (filter, branch, passes) => {
    expect(matchesBranchFilter(filter, branch)).toBe(passes);
  });
});
