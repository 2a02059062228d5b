import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesTags } from './match-tags.ts';

const carried = { queue: 'ci', tags: { arch: 'amd64', zone: '' } };

describe('a job', () => {
  it.each([
    [[], true],
    [['queue=ci'], true],
    [['queue=other'], false],
    [['queue=*'], true],
    [['queue=ci', 'arch=amd64'], true],
    [['arch=arm64'], false],
    [['arch=*'], true],
    [['zone'], true],
    [['zone=eu'], false],
    [['gpu=true'], false],
    [['gpu=*'], false],
    [['resource_class=huge'], true],
    [['arch=amd64=1'], false],
    [['arch=arm64', 'arch=amd64'], true],
  ])('that asks for %j matches: %s', (rules, matches) => {
    expect(matchesTags(rules, carried)).toBe(matches);
  });

  const tag = fc.stringMatching(/^[a-z]{1,3}$/);
  const tags = fc.dictionary(tag, tag);

  it('that asks for some of what is carried matches, and one that asks for anything else besides does not', () => {
    fc.assert(
      fc.property(tags, fc.func(fc.boolean()), tag, tag, (own, isAsked, other, value) => {
        const rules = Object.entries(own).flatMap(([name, carriedValue]) => (isAsked(name) ? [`${name}=${carriedValue}`] : []));
        expect(matchesTags(rules, { queue: 'ci', tags: own })).toBe(true);
        fc.pre(!Object.hasOwn(own, other));
        expect(matchesTags([...rules, `${other}=${value}`], { queue: 'ci', tags: own })).toBe(false);
      }),
    );
  });
});
