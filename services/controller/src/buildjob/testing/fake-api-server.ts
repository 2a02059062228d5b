import { isDeepStrictEqual } from 'node:util';
import type { BuildJob } from '@buildkite-operator/crds';
import { type Event, KubeError, type KubeObject, type KubeRequest, type Live, type Pod, type Transport } from '@buildkite-operator/kube';
import { type Clock, toKubernetesTime } from '@buildkite-operator/service';

/** What happens to a call: `refused` before the server has done anything, `lost` after, so that only the answer is missing. */
export type Fault = 'refused' | 'lost';

type Stored = Live<KubeObject & { spec?: unknown; status?: unknown }>;

/**
 * An API server in memory, as far as the controller uses one: names are unique, versions count up, a status is applied as a whole,
 * preconditions are kept, and what is deleted goes when no finalizer holds it, a pod when its grace is over, too. Every call can be made to
 * fail.
 */
export class FakeApiServer implements Transport {
  /** Each call so far but for those about Events, as `POST pods`. */
  readonly calls: string[] = [];
  /** What happens to the call of this number, counted from 0. */
  readonly faults = new Map<number, Fault>();
  /** The uid of the owner of every pod that ever was. */
  readonly podsMade: string[] = [];
  /** Every status that a BuildJob of this uid ever had. */
  readonly statuses = new Map<string, BuildJob['status'][]>();
  readonly events: Event[] = [];
  /** Refuses pods, as a quota or a webhook does. */
  refusePods: KubeError | undefined;
  readonly #objects = new Map<string, Stored>();
  readonly #clock: Clock;
  #version = 100;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get jobs(): Live<BuildJob>[] {
    return this.#all<Live<BuildJob>>('buildjobs');
  }

  get pods(): Live<Pod>[] {
    return this.#all<Live<Pod>>('pods');
  }

  get version(): number {
    return this.#version;
  }

  /** Stores an object as it is, with a new version. */
  put(plural: 'buildjobs' | 'pods', object: KubeObject): void {
    this.#version += 1;
    const { name = '' } = object.metadata ?? {};
    const key = `${plural}/${name}`;
    const given = { name, uid: `uid-${this.#version}`, creationTimestamp: this.#now(), ...object.metadata };
    const metadata = { ...given, resourceVersion: String(this.#version) } as Stored['metadata'];
    this.#objects.set(key, { ...object, metadata });
    this.#collect(key);
  }

  async request<T>(request: KubeRequest<T>): Promise<T> {
    const [plural = '', name, subresource] = request.path.split('/').slice(request.path.startsWith('/api/') ? 5 : 6);
    if (plural === 'events') return structuredClone(this.#noteEvent(request)) as T;
    const call = `${request.method} ${[plural, subresource].filter(Boolean).join('/')}`;
    const fault = this.faults.get(this.calls.length);
    this.calls.push(call);
    if (fault === 'refused') throw new KubeError('Unreachable', `${call}: refused`);
    const answer = this.#answer(request, `${plural}/${name ?? ''}`);
    if (fault === 'lost') throw new KubeError('Timeout', `${call}: the answer was lost`);
    return structuredClone(answer) as T;
  }

  /** Somebody else asks for the deletion of an object. */
  deleteByHand(plural: 'buildjobs' | 'pods', name: string): void {
    this.#delete(`${plural}/${name}`, {});
  }

  async stream(): Promise<AsyncIterable<Uint8Array>> {
    throw new KubeError('MethodNotAllowed', 'nothing is watched here: fill the stores by hand');
  }

  async close(): Promise<void> {
    // There is no connection.
  }

  #answer({ method, body, contentType }: KubeRequest, key: string): unknown {
    switch (method) {
      case 'GET':
        return this.#existing(key);
      case 'POST':
        return this.#create(key, body as Stored);
      case 'PATCH':
        return contentType === 'application/apply-patch+yaml' ? this.#applyStatus(key, body as Stored) : this.#merge(key, body as Stored);
      case 'DELETE':
        return this.#delete(key, body as DeleteBody);
      case 'PUT':
        throw new KubeError('MethodNotAllowed', `PUT ${key}`);
    }
  }

  #noteEvent({ method, body }: KubeRequest): Event {
    const event = body as Event;
    const name = event.metadata?.name;
    if (method !== 'POST') throw new KubeError('NotFound', `event ${name} not found`, { status: 404 });
    if (this.events.some(({ metadata }) => metadata?.name === name))
      throw new KubeError('AlreadyExists', `event ${name} already exists`, { status: 409 });
    this.events.push(event);
    return event;
  }

  #existing(key: string): Stored {
    const found = this.#objects.get(key);
    if (found === undefined) throw new KubeError('NotFound', `${key} not found`, { status: 404 });
    return found;
  }

  #create(key: string, object: Stored): Stored {
    const { name } = object.metadata;
    if (this.#objects.has(key + name)) throw new KubeError('AlreadyExists', `${key}${name} already exists`, { status: 409 });
    if (this.refusePods !== undefined) throw this.refusePods;
    const uid = `pod-uid-${this.podsMade.length + 1}`;
    this.podsMade.push(object.metadata.ownerReferences?.[0]?.uid ?? '');
    this.put('pods', { ...object, metadata: { ...object.metadata, uid, creationTimestamp: this.#now() } });
    return this.#existing(key + name);
  }

  #applyStatus(key: string, { metadata, status }: Stored): Stored {
    const before = this.#existing(key);
    checkPreconditions(before, metadata);
    const next: unknown = JSON.parse(JSON.stringify(status));
    if (isDeepStrictEqual(before.status, next)) return before;
    this.#change(key, { ...before, status: next });
    const after = this.#existing(key);
    this.statuses.set(after.metadata.uid, [...(this.statuses.get(after.metadata.uid) ?? []), next as BuildJob['status']]);
    return after;
  }

  #merge(key: string, { metadata }: Stored): Stored {
    const before = this.#existing(key);
    checkPreconditions(before, metadata);
    const after = { ...before, metadata: { ...before.metadata, finalizers: metadata.finalizers ?? [] } };
    this.#change(key, after);
    return after;
  }

  #delete(key: string, { preconditions, gracePeriodSeconds }: DeleteBody): Stored {
    const before = this.#existing(key);
    checkPreconditions(before, preconditions);
    if (key.startsWith('buildjobs/')) {
      if ((before.metadata.finalizers ?? []).length > 0) return this.#markDeleted(key, before);
      this.#objects.delete(key);
      this.#version += 1;
      for (const pod of this.pods.filter(
        ({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === before.metadata.uid) === true,
      ))
        this.#deletePod(`pods/${pod.metadata.name}`, pod, undefined);
    } else this.#deletePod(key, before as Live<Pod>, gracePeriodSeconds);
    return before;
  }

  /** A BuildJob that a finalizer holds stays until that is taken off, and its pods with it. */
  #markDeleted(key: string, before: Stored): Stored {
    const deletionTimestamp = before.metadata.deletionTimestamp ?? this.#now();
    this.#change(key, { ...before, metadata: { ...before.metadata, deletionTimestamp, deletionGracePeriodSeconds: 0 } });
    return this.#existing(key);
  }

  /** A pod that has no node, or has ended, needs no grace. A second deletion can only shorten the first. */
  #deletePod(key: string, pod: Live<Pod>, wanted: number | undefined): void {
    const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    const grace = ended || pod.spec?.nodeName === undefined ? 0 : (wanted ?? pod.spec.terminationGracePeriodSeconds ?? 30);
    const earlier = pod.metadata.deletionGracePeriodSeconds;
    if (earlier !== undefined && earlier <= grace) return;
    const deletionTimestamp = toKubernetesTime(this.#clock.now() + grace * 1000);
    this.#change(key, { ...this.#existing(key), metadata: { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: grace } });
  }

  #change(key: string, object: Stored): void {
    this.#version += 1;
    this.#objects.set(key, { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } });
    this.#collect(key);
  }

  #collect(key: string): void {
    const metadata = this.#objects.get(key)?.metadata;
    if (metadata?.deletionTimestamp === undefined || (metadata.finalizers ?? []).length > 0) return;
    if ((metadata.deletionGracePeriodSeconds ?? 0) === 0) this.#objects.delete(key);
  }

  #all<Kind>(plural: string): Kind[] {
    return [...this.#objects].filter(([key]) => key.startsWith(`${plural}/`)).map(([, object]) => object as Kind);
  }

  #now(): string {
    return toKubernetesTime(this.#clock.now());
  }
}

interface DeleteBody {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly gracePeriodSeconds?: number;
}

function checkPreconditions({ metadata }: Stored, wanted: { uid?: string | undefined; resourceVersion?: string | undefined } = {}): void {
  for (const name of ['uid', 'resourceVersion'] as const) {
    if (wanted[name] !== undefined && wanted[name] !== metadata[name])
      throw new KubeError('Conflict', `${metadata.name}: ${name} is ${metadata[name]}, not ${wanted[name]}`, { status: 409 });
  }
}
