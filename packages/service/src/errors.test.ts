import { expect, it } from 'vitest';
import { errorMessage, OperatorError } from './errors.ts';

const refused = new Error('connect ECONNREFUSED 127.0.0.1:1');

it.each([
  ['a text', 'a text'],
  [undefined, 'undefined'],
  [refused, 'connect ECONNREFUSED 127.0.0.1:1'],
  [new Error('no answer', { cause: refused }), 'no answer: connect ECONNREFUSED 127.0.0.1:1'],
  [new Error('first', { cause: new OperatorError('Second', 'second', { cause: 'third' }) }), 'first: second: third'],
  [new Error('no answer (connect ECONNREFUSED 127.0.0.1:1)', { cause: refused }), 'no answer (connect ECONNREFUSED 127.0.0.1:1)'],
  [new Error('of no words', { cause: new Error('') }), 'of no words'],
])('%j is told as %j', (thrown, told) => {
  expect(errorMessage(thrown)).toBe(told);
});
