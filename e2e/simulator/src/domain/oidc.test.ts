import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FakeWorld, jobNamed } from '../testing/fake-world.ts';
import { OidcIssuer } from './oidc.ts';

const none = { claims: [], awsSessionTags: [] };

function decode(part: string | undefined): Record<string, unknown> {
  return JSON.parse(Buffer.from(part ?? '', 'base64url').toString()) as Record<string, unknown>;
}

describe('OIDC tokens', () => {
  const fake = new FakeWorld();
  const issuer = new OidcIssuer();
  const job = jobNamed(fake.build('steps: [{command: a, key: k}]', { branch: 'main', commit: 'abc' }), 'k');
  fake.begin(job);

  it('can be checked with the published key, and not after a change', () => {
    const [header, claims, signature] = issuer.issue(fake.world, job, none).split('.');
    const [jwk] = issuer.keySet.keys;
    if (jwk === undefined) throw new Error('no key');
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const isGood = (content: string) => verify('RSA-SHA256', Buffer.from(content), key, Buffer.from(signature ?? '', 'base64url'));

    expect(decode(header)).toMatchObject({ alg: 'RS256', kid: jwk.kid });
    expect(isGood(`${header}.${claims}`)).toBe(true);
    expect(isGood(`${header}.${claims}x`)).toBe(false);
  });

  it('say which job is asking, for whom, and until when', () => {
    const claims = decode(
      issuer.issue(fake.world, job, { ...none, audience: 'aud', lifetimeSeconds: 60, claims: ['pipeline_id'] }).split('.')[1],
    );

    expect(claims).toMatchObject({
      iss: 'http://simulator.test',
      sub: 'organization:simulated:pipeline:demo:ref:refs/heads/main:commit:abc:step:k',
      aud: 'aud',
      job_id: job.id,
      step_key: 'k',
      pipeline_id: fake.world.pipelines.get('demo')?.id,
    });
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(60);
  });

  it('carry AWS session tags and another subject if asked to; an unknown claim is refused', () => {
    const claims = decode(
      issuer.issue(fake.world, job, { claims: [], awsSessionTags: ['pipeline_slug'], subjectClaim: 'pipeline_slug' }).split('.')[1],
    );

    expect(claims['https://aws.amazon.com/tags']).toEqual({
      principal_tags: { pipeline_slug: ['demo'] },
      transitive_tag_keys: ['pipeline_slug'],
    });
    expect(claims['sub']).toBe('pipeline_slug:demo');
    expect(() => issuer.issue(fake.world, job, { ...none, claims: ['salary'] })).toThrow('claim "salary" is not known');
  });
});
