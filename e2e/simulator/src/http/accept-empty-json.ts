import type { FastifyInstance } from 'fastify';
import { Refusal } from '../domain/refusal.ts';

/** Takes JSON as before, but also nothing at all: official clients name the type on calls without a body, too. */
export function acceptEmptyJson(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    const text = body.toString();
    if (text === '') {
      done(null, undefined);
      return;
    }
    try {
      done(null, JSON.parse(text) as unknown);
    } catch {
      done(new Refusal('malformed', 'the body is no JSON'));
    }
  });
}
