import { describe, expect, it } from 'vitest';
import { CertificateError } from './certificate-error.ts';
import { bundleOf, readSecretData, toSecretData } from './certificate-state.ts';
import { issueAuthority, issueServing, type PemPair } from './issue.ts';
import { takeStep } from './take-step.ts';

const now = Date.UTC(2030, 0, 1);
const names = ['webhooks.operator.svc', '127.0.0.1'];
const lifetimes = { authorityMs: 1_000_000, servingMs: 100_000, overlapMs: 1000 };
const context = { names, lifetimes, now };

const encode = (text: string) => Buffer.from(text).toString('base64');

describe('what the Secret holds', () => {
  it('is read as it was written, with the times and names that were asked for', async () => {
    const created = readSecretData(await takeStep({ do: 'create', why: '' }, { ...context, from: undefined }));
    expect(created).toMatchObject({
      authorities: [{ issuedAt: now, expiresAt: now + 1_000_000 }],
      serving: { issuedAt: now, expiresAt: now + 100_000, names },
      servingIssuer: 0,
    });
  });

  it('goes through a whole rotation: both trusted, then the new one used, then the old one gone', async () => {
    const created = readSecretData(await takeStep({ do: 'create', why: '' }, { ...context, from: undefined }));
    const introduced = readSecretData(await takeStep({ do: 'introduce', why: '' }, { ...context, from: created }));
    expect(introduced.authorities.map(({ fingerprint }) => fingerprint)[1]).toBe(created.authorities[0].fingerprint);
    expect(introduced.serving).toEqual(created.serving);
    expect(introduced.servingIssuer).toBe(1);
    const issued = readSecretData(await takeStep({ do: 'issue', why: '' }, { ...context, from: introduced }));
    expect(issued.servingIssuer).toBe(0);
    expect(bundleOf(issued)).toBe(bundleOf(introduced));
    const dropped = readSecretData(await takeStep({ do: 'drop', why: '' }, { ...context, from: issued }));
    expect(dropped.authorities).toEqual([introduced.authorities[0]]);
    expect(dropped.serving).toEqual(issued.serving);
  });

  it('does not grow without end, however often a new authority is introduced, and keeps the one that serves', async () => {
    let state = readSecretData(await takeStep({ do: 'create', why: '' }, { ...context, from: undefined }));
    const [first] = state.authorities;
    for (let round = 0; round < 20; round += 1) {
      state = readSecretData(await takeStep({ do: 'introduce', why: '' }, { ...context, from: state }));
    }
    expect(state.authorities.length).toBeLessThan(12);
    expect(state.authorities[state.servingIssuer]).toEqual(first);
  });

  it('holds no certificate that outlives its authority', async () => {
    const authority = await issueAuthority({ now, lifetimeMs: 50_000 });
    const serving = await issueServing(authority, { now, lifetimeMs: 100_000, names });
    expect(readSecretData(toSecretData(authority.certificate, authority.key, serving)).serving.expiresAt).toBe(now + 50_000);
  });

  describe('is refused', () => {
    const rubbish = ['', 'rubbish', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'];
    const good = async () => {
      const authority = await issueAuthority({ now, lifetimeMs: 1_000_000 });
      return { authority, serving: await issueServing(authority, { now, lifetimeMs: 100_000, names }) };
    };
    const secret = ({ authority, serving }: { authority: PemPair; serving: PemPair }) =>
      toSecretData(authority.certificate, authority.key, serving);

    it.each(['ca.crt', 'ca.key', 'tls.crt', 'tls.key'].flatMap(key => rubbish.map(text => [key, text] as const)))(
      'where %s is %j, with the key named',
      async (key, text) => {
        const data = { ...secret(await good()), [key]: encode(text) };
        expect(() => readSecretData(data)).toThrow(CertificateError);
        expect(() => readSecretData(data)).toThrow(key);
      },
    );

    it('where a part is missing, or not base64', async () => {
      const { 'tls.key': _missing, ...data } = secret(await good());
      expect(() => readSecretData(data)).toThrow('tls.key is missing');
      expect(() => readSecretData({ ...data, 'tls.key': '%%%' })).toThrow(CertificateError);
    });

    it.each<[string, (one: Awaited<ReturnType<typeof good>>, other: Awaited<ReturnType<typeof good>>) => Record<string, string>]>([
      ['is signed by none', (one, other) => secret({ authority: one.authority, serving: other.serving })],
      ['is not the key of the first', (one, other) => toSecretData(one.authority.certificate, other.authority.key, one.serving)],
      ['is not the key of tls.crt', (one, other) => secret({ ...one, serving: { ...one.serving, key: other.serving.key } })],
      ['no authority', one => toSecretData(one.serving.certificate, one.serving.key, one.serving)],
    ])('where a part %s', async (words, mix) => {
      const [one, other] = [await good(), await good()];
      expect(() => readSecretData(mix(one, other))).toThrow(words);
    });
  });
});
