import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { EventSeriesBook } from './event-series.ts';

const about = (name: string) => ({ apiVersion: 'v1', kind: 'Pod', name, namespace: 'ns', uid: `uid-${name}`, resourceVersion: '1' });
const note = (text: string) => ({ type: 'Normal', reason: 'Started', note: text }) as const;
const minute = 60_000;

let book: EventSeriesBook;
beforeEach(() => {
  book = new EventSeriesBook(3);
});

/** Reports everything that waits, as the recorder does. */
function report(): string[] {
  const lines: string[] = [];
  for (let next = book.take(); next !== undefined; next = book.take()) {
    const { key, series } = next;
    lines.push(`${series.isStored ? 'update' : 'create'} ${series.regarding.name} ${series.note.note} ${series.count}`);
    book.stored(key);
  }
  return lines;
}

describe('notes', () => {
  it('that differ in object or words are events of their own', () => {
    book.add(about('a'), note('x'), 0);
    book.add(about('b'), note('x'), 0);
    book.add(about('a'), note('y'), 0);
    expect(report()).toEqual(['create a x 1', 'create b x 1', 'create a y 1']);
  });

  it('that are repeated before they were reported are one event with a count', () => {
    for (let times = 0; times < 5; times += 1) book.add(about('a'), note('x'), times);
    expect(book.pending).toBe(1);
    expect(report()).toEqual(['create a x 5']);
  });

  it('that are repeated afterwards count the same event up, as long as they come often enough', () => {
    book.add(about('a'), note('x'), 0);
    report();
    book.add(about('a'), note('x'), 5 * minute);
    expect(report()).toEqual(['update a x 2']);
    book.add(about('a'), note('x'), 10 * minute);
    expect(report()).toEqual(['update a x 3']);
    book.add(about('a'), note('x'), 16 * minute);
    expect(report()).toEqual(['create a x 1']);
  });

  it('are refused when too many wait, but repeats of those that wait are not', () => {
    const taken = ['a', 'b', 'c', 'd'].map(name => book.add(about(name), note('x'), 0));
    expect(taken).toEqual([true, true, true, false]);
    expect(book.add(about('a'), note('x'), 1)).toBe(true);
    expect(report()).toEqual(['create a x 2', 'create b x 1', 'create c x 1']);
  });
});

describe('an event', () => {
  it('of a certain moment has the same name whoever notes it, and whenever', () => {
    const names = [new EventSeriesBook(), new EventSeriesBook()].map((each, index) => {
      each.add(about('a'), { ...note('x'), atMs: 5 }, 1000 * index);
      const { series } = each.take() ?? {};
      return [series?.eventName, series?.firstAt];
    });
    expect(names[0]).toEqual([expect.stringMatching(/^a\./), 5]);
    expect(names[1]).toEqual(names[0]);
  });

  it('of a certain moment is not counted again', () => {
    for (let times = 0; times < 3; times += 1) book.add(about('a'), { ...note('x'), atMs: 5 }, 1000 * times);
    expect(report()).toEqual(['create a x 1']);
    expect(book.add(about('a'), { ...note('x'), atMs: 5 }, 4000)).toBe(true);
    expect(report()).toEqual([]);
    book.add(about('a'), { ...note('x'), atMs: 6 }, 5000);
    expect(report()).toEqual(['create a x 1']);
  });

  it('is pending until it is settled, for its object alone', () => {
    const pending = () => ['uid-a', 'uid-b'].map(uid => book.isPending(uid));
    book.add(about('a'), note('x'), 0);
    expect(pending()).toEqual([true, false]);
    const { key = '' } = book.take() ?? {};
    expect(pending()).toEqual([true, false]);
    book.putBack(key);
    book.settled(key);
    expect(pending()).toEqual([true, false]);
    book.take();
    book.stored(key);
    book.settled(key);
    expect(pending()).toEqual([false, false]);
  });

  it('that is gone from the server is made again under another name, with its count', () => {
    book.add(about('a'), note('x'), 0);
    report();
    book.add(about('a'), note('x'), 1);
    const first = book.take();
    book.gone(first?.key ?? '', 2);
    const again = book.take();
    expect(again?.series).toMatchObject({ isStored: false, count: 2 });
    expect(again?.series.eventName).not.toBe(first?.series.eventName);
  });

  it('that could not be reported is put back, with what came meanwhile', () => {
    book.add(about('a'), note('x'), 0);
    const taken = book.take();
    book.add(about('a'), note('x'), 1);
    book.putBack(taken?.key ?? '');
    expect(report()).toEqual(['create a x 2']);
  });

  it('has a name that fits the server however long that of the object is', () => {
    book.add(about('x'.repeat(253)), note('x'), 0);
    expect(book.take()?.series.eventName).toMatch(/^x{230}\.[0-9a-f]{16}$/);
  });
});

it('whatever is noted, the memory is bounded and old series are forgotten', () => {
  const wide = new EventSeriesBook(100_000);
  for (let index = 0; index < 5000; index += 1) {
    wide.add(about(`n-${index}`), note('x'), index);
    wide.take();
  }
  expect(wide.size).toBeLessThanOrEqual(2001);
  wide.add(about('late'), note('x'), 20 * minute);
  expect(wide.size).toBe(1);
});

it('whatever is noted, each accepted note is counted in exactly one report', () => {
  const step = fc.record({
    name: fc.constantFrom('a', 'b'),
    text: fc.constantFrom('x', 'y'),
    report: fc.boolean(),
    wait: fc.nat(4 * minute),
  });
  fc.assert(
    fc.property(fc.array(step), steps => {
      const book = new EventSeriesBook();
      const counts = new Map<string, number>();
      let now = 0;
      const drain = () => {
        for (let next = book.take(); next !== undefined; next = book.take()) {
          counts.set(next.series.eventName, next.series.count);
          book.stored(next.key);
        }
      };
      for (const { name, text, report, wait } of steps) {
        now += wait;
        book.add(about(name), note(text), now);
        if (report) drain();
      }
      drain();
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
      expect(total).toBe(steps.length);
    }),
  );
});
