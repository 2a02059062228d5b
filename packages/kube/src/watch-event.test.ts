import { describe, expect, it } from 'vitest';
import { storedConfigMap } from './testing/sample-objects.ts';
import { parseWatchEvent } from './watch-event.ts';

describe('a line of a watch', () => {
  it.each(['ADDED', 'MODIFIED', 'DELETED'])('%s carries its object with every field', type => {
    const object = { ...storedConfigMap('a', 7), fieldFromTheFuture: { deep: [1] } };
    expect(parseWatchEvent(JSON.stringify({ type, object }))).toEqual({ type, object });
  });

  it('BOOKMARK carries a version, and may end the initial events', () => {
    const bookmark = (metadata: unknown) => parseWatchEvent(JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Pod', metadata } }));
    expect(bookmark({ resourceVersion: '9' })).toEqual({ type: 'BOOKMARK', resourceVersion: '9', endsInitialEvents: false });
    expect(bookmark({ resourceVersion: '9', annotations: { 'k8s.io/initial-events-end': 'true' } })).toMatchObject({
      endsInitialEvents: true,
    });
  });

  it('ERROR throws what it says', () => {
    const line = JSON.stringify({
      type: 'ERROR',
      object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' },
    });
    expect(() => parseWatchEvent(line)).toThrow(expect.objectContaining({ code: 'Expired', status: 410 }));
    expect(() => parseWatchEvent('{"type":"ERROR","object":{}}')).toThrow(expect.objectContaining({ code: 'InternalError', status: 500 }));
  });

  it.each([
    ['no JSON', '{"type":"ADDED","object":{'],
    ['no object', '{"type":"ADDED"}'],
    ['an object without name', '{"type":"ADDED","object":{"metadata":{"uid":"u","resourceVersion":"1"}}}'],
    ['an object without version', '{"type":"MODIFIED","object":{"metadata":{"uid":"u","name":"a"}}}'],
    ['a bookmark without version', '{"type":"BOOKMARK","object":{"metadata":{}}}'],
    ['an unknown type', '{"type":"RENAMED","object":{"metadata":{"name":"a","uid":"u","resourceVersion":"1"}}}'],
    ['a bare word', 'null'],
  ])('with %s throws BadAnswer', (_what, line) => {
    expect(() => parseWatchEvent(line)).toThrow(expect.objectContaining({ code: 'BadAnswer' }));
  });
});
