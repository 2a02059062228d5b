import { assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CertificateState, TrustedAuthority } from './certificate-state.ts';
import { type Lifetimes, nextStep, type Situation } from './next-step.ts';

const day = 86_400_000;
const lifetimes: Lifetimes = { authorityMs: 3650 * day, servingMs: 90 * day, overlapMs: 300_000 };
const names = ['webhooks.operator.svc'];

const authority = (name: string, issuedAt: number, lifetimeMs = lifetimes.authorityMs): TrustedAuthority => ({
  certificate: name,
  fingerprint: name,
  issuedAt,
  expiresAt: issuedAt + lifetimeMs,
});

function state(change: Partial<CertificateState> & { servingIssuedAt?: number; servingNames?: readonly string[] } = {}): CertificateState {
  const { servingIssuedAt = 0, servingNames = names, ...rest } = change;
  const serving = { issuedAt: servingIssuedAt, expiresAt: servingIssuedAt + lifetimes.servingMs, names: servingNames };
  return {
    authorities: [authority('a', 0)],
    authorityKey: 'key',
    serving: { certificate: 'c', key: 'k', fingerprint: 'c', ...serving },
    servingIssuer: 0,
    ...rest,
  };
}

function situation(change: Partial<Situation> = {}): Situation {
  return { stored: state(), remembered: undefined, publishedSince: 0, names, lifetimes, now: day, ...change };
}

const inRotation = (change: Parameters<typeof state>[0] = {}) =>
  state({ authorities: [authority('b', 100 * day), authority('a', 0)], servingIssuedAt: 50 * day, servingIssuer: 1, ...change });

describe('the next step about the certificates', () => {
  it.each<[string, Partial<Situation>, string]>([
    ['nothing is stored', { stored: undefined }, 'create'],
    ['all is fresh', {}, 'wait'],
    ['the certificate has lived two thirds', { now: 60 * day }, 'issue'],
    ['the certificate has nearly lived two thirds', { now: 60 * day - 1 }, 'wait'],
    ['the certificate has expired', { now: 90 * day }, 'create'],
    ['the authority has expired', { stored: state({ servingIssuedAt: 3640 * day }), now: 3650 * day }, 'create'],
    ['the authority has lived two thirds', { stored: state({ servingIssuedAt: 2430 * day }), now: 2434 * day }, 'introduce'],
    ['the service got another name', { names: ['other.operator.svc'] }, 'issue'],
    ['the Secret was lost, and a good state is remembered', { stored: undefined, remembered: state() }, 'introduce'],
    ['the Secret was lost, and what is remembered has expired', { stored: undefined, remembered: state(), now: 90 * day }, 'create'],
    ['a new authority is not published yet', { stored: inRotation(), publishedSince: undefined, now: 101 * day }, 'wait'],
    ['a new authority was published just now', { stored: inRotation(), publishedSince: 101 * day - 1000, now: 101 * day }, 'wait'],
    [
      'a new authority has been published for the overlap',
      { stored: inRotation(), publishedSince: 100 * day, now: 100 * day + 300_000 },
      'issue',
    ],
    ['the names changed in a rotation', { stored: inRotation(), publishedSince: undefined, names: ['x'], now: 101 * day }, 'wait'],
    [
      'the new authority serves since a moment',
      { stored: inRotation({ servingIssuer: 0, servingIssuedAt: 101 * day }), now: 101 * day + 299_999 },
      'wait',
    ],
    [
      'the new authority has served for the overlap',
      { stored: inRotation({ servingIssuer: 0, servingIssuedAt: 101 * day }), now: 101 * day + 300_000 },
      'drop',
    ],
  ])('when %s', (_when, change, step) => {
    expect(nextStep(situation(change)).do).toBe(step);
  });

  it('waits for the nearest of what will be due', () => {
    expect(nextStep(situation())).toEqual({ do: 'wait', until: 60 * day });
    const rotated = state({ authorities: [authority('b', 0), authority('a', 0)] });
    expect(nextStep(situation({ stored: rotated, now: 1 }))).toEqual({ do: 'wait', until: 300_000 });
  });

  it('never issues by an authority that was not published for the overlap, nor drops one whose certificate may be in use', () => {
    const time = integer({ min: 0, max: 200 * day });
    const cases = record({ now: time, introduced: time, published: time, served: time, issuer: constantFrom(0, 1) });
    assert(
      property(cases, ({ now, introduced, published, served, issuer }) => {
        const stored = state({
          authorities: [authority('b', introduced), authority('a', 0)],
          servingIssuedAt: served,
          servingIssuer: issuer,
        });
        const step = nextStep(situation({ stored, publishedSince: published, now }));
        const isAlive = now < stored.serving.expiresAt;
        if (step.do === 'create') return !isAlive;
        if (step.do === 'issue' && issuer === 1) return now >= Math.max(introduced, published) + lifetimes.overlapMs;
        if (step.do === 'drop') return issuer === 0 && now >= served + lifetimes.overlapMs;
        return step.do !== 'wait' || step.until > now;
      }),
    );
  });
});
