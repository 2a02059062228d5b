import { createHash, generateKeyPairSync, type JsonWebKey, type KeyObject, randomUUID, sign } from 'node:crypto';
import type { Build, Job } from './records.ts';
import { Refusal } from './refusal.ts';
import { buildOf, type World } from './world.ts';

const defaultLifetimeSeconds = 300;

export interface OidcTokenRequest {
  readonly audience?: string | undefined;
  readonly lifetimeSeconds?: number | undefined;
  /** Further claims, by name. */
  readonly claims: readonly string[];
  readonly awsSessionTags: readonly string[];
  /** Name of the claim that is to be the subject. */
  readonly subjectClaim?: string | undefined;
}

/** Signs tokens that say which job is asking, with a key of its own (RS256). */
export class OidcIssuer {
  readonly #privateKey: KeyObject;
  readonly #publicKey: JsonWebKey;
  readonly #keyId: string;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.#privateKey = privateKey;
    this.#publicKey = publicKey.export({ format: 'jwk' });
    this.#keyId = createHash('sha256').update(JSON.stringify(this.#publicKey)).digest('hex');
  }

  /** The JSON Web Key Set with which tokens are checked. */
  get keySet() {
    return { keys: [{ ...this.#publicKey, kid: this.#keyId, use: 'sig', alg: 'RS256' }] };
  }

  issue(world: World, job: Job, request: OidcTokenRequest): string {
    const claims = tokenClaims(world, job, request);
    const content = `${encode({ alg: 'RS256', typ: 'JWT', kid: this.#keyId })}.${encode(claims)}`;
    return `${content}.${sign('RSA-SHA256', Buffer.from(content), this.#privateKey).toString('base64url')}`;
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function tokenClaims(world: World, job: Job, request: OidcTokenRequest): Record<string, unknown> {
  const build = buildOf(world, job);
  const issuedAt = Math.floor(world.clock.now() / 1000);
  const standard = jobClaims(world, build, job);
  const optional = optionalClaims(world, build);
  const all = { ...standard, ...optional };
  const { slug } = world.organization;
  const ref = build.tag === undefined ? `refs/heads/${build.branch}` : `refs/tags/${build.tag}`;
  const subject = `organization:${slug}:pipeline:${build.pipelineSlug}:ref:${ref}:commit:${build.commit}:step:${job.step.definition.key ?? ''}`;
  return {
    iss: world.baseUrl(),
    sub: request.subjectClaim === undefined ? subject : `${request.subjectClaim}:${String(pick(all, request.subjectClaim))}`,
    aud: request.audience ?? `${world.baseUrl()}/${slug}`,
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + (request.lifetimeSeconds ?? defaultLifetimeSeconds),
    jti: randomUUID(),
    ...standard,
    ...Object.fromEntries(request.claims.map(name => [name, pick(all, name)])),
    ...(request.awsSessionTags.length > 0 && { 'https://aws.amazon.com/tags': awsTags(all, request.awsSessionTags) }),
  };
}

function jobClaims(world: World, build: Build, job: Job) {
  return {
    organization_slug: world.organization.slug,
    pipeline_slug: build.pipelineSlug,
    build_number: build.number,
    build_branch: build.branch,
    build_tag: build.tag ?? null,
    build_commit: build.commit,
    build_source: build.source,
    step_key: job.step.definition.key ?? null,
    job_id: job.id,
    agent_id: job.agent?.id ?? null,
    runner_environment: 'self-hosted',
  };
}

function optionalClaims(world: World, build: Build) {
  const cluster = world.clusters.get(build.clusterId);
  return {
    organization_id: world.organization.id,
    pipeline_id: world.pipelines.get(build.pipelineSlug)?.id ?? null,
    build_id: build.id,
    cluster_id: build.clusterId,
    cluster_name: cluster?.name ?? null,
    build_creator: build.creator.name,
    build_creator_email: build.creator.email,
  };
}

type Claims = Readonly<Record<string, string | number | null>>;

function pick(claims: Claims, name: string): Claims[string] {
  const value = claims[name];
  if (value === undefined) throw new Refusal('unprocessable', `claim "${name}" is not known; known are ${Object.keys(claims).join(', ')}`);
  return value;
}

function awsTags(claims: Claims, names: readonly string[]) {
  return {
    principal_tags: Object.fromEntries(names.map(name => [name, [String(pick(claims, name) ?? '')]])),
    transitive_tag_keys: names,
  };
}
