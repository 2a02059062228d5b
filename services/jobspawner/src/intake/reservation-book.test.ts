import { describe, expect, it } from 'vitest';
import { ReservationBook } from './reservation-book.ts';

describe('a reservation', () => {
  it('is extended when a third of it is over', () => {
    const book = new ReservationBook();
    book.granted('a', 900_000, 0);
    expect(book.due(new Set(['a']), 299_999)).toEqual([]);
    expect(book.due(new Set(['a']), 300_000)).toEqual(['a']);
    book.granted('a', 900_000, 300_000);
    expect(book.due(new Set(['a']), 300_001)).toEqual([]);
  });

  it('that is not known, as to a new leader, is extended at once', () => {
    expect(new ReservationBook().due(new Set(['a', 'b']), 0)).toEqual(['a', 'b']);
  });

  it('is forgotten when its job waits no longer', () => {
    const book = new ReservationBook();
    book.granted('a', 900_000, 0);
    expect(book.due(new Set(), 1)).toEqual([]);
    expect(book.due(new Set(['a']), 2)).toEqual(['a']);
  });
});
