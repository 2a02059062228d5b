import { builtin, type Secret } from '@buildkite-operator/kube';
import { describe, expect, it } from 'vitest';
import { mutatingConfigurations, validatingConfigurations } from '../resources.ts';
import { AdmissionLoad } from '../testing/admission-load.ts';
import { useWebhooksBed } from '../testing/use-webhooks-bed.ts';
import { configurationName, namespace, never, secretName, until } from '../testing/webhooks-bed.ts';
import { bundleOf, readSecretData } from './certificate-state.ts';

/** Seconds, so that a test sees several rotations. */
const quick = { AUTHORITY_LIFETIME_SECONDS: '20', SERVING_LIFETIME_SECONDS: '10', AUTHORITY_OVERLAP_SECONDS: '2' };

describe('certificates of the webhooks', () => {
  const used = useWebhooksBed();

  const secrets = () => used.bed.client(builtin.secrets);
  const secret = () => secrets().find({ namespace, name: secretName }, {}, never);
  const state = async () => {
    const stored = await secret();
    return stored === undefined ? undefined : readSecretData(stored.data ?? {});
  };
  const bundles = async () => {
    const found = await Promise.all(
      [mutatingConfigurations, validatingConfigurations].map(resource =>
        used.bed.client(resource).get({ name: configurationName }, {}, never),
      ),
    );
    return found.flatMap(({ webhooks = [] }) => webhooks.map(({ clientConfig }) => clientConfig.caBundle));
  };
  const published = async () => {
    const now = await state();
    const wanted = now === undefined ? '' : Buffer.from(bundleOf(now)).toString('base64');
    return (await bundles()).every(bundle => bundle === wanted);
  };
  const replicas = async (count: number, settings = {}) => {
    const started = await Promise.all(Array.from({ length: count }, () => used.bed.replica(settings)));
    await Promise.all(started.map(replica => replica.ready()));
    used.proxy.endpoints = started.map(({ port }) => port);
    return started;
  };

  it('rotates authority and certificate under load without failing an admission', async () => {
    await replicas(2, quick);
    const load = new AdmissionLoad(used.bed);
    const authorities = new Set<string>();
    const certificates = new Set<string>();
    await until('three authorities to have been used', async () => {
      const now = await state();
      if (now !== undefined) {
        certificates.add(now.serving.fingerprint);
        authorities.add(now.authorities[now.servingIssuer]?.fingerprint ?? '');
      }
      return authorities.size === 3;
    });
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.admitted).toBeGreaterThan(50);
    expect(certificates.size).toBeGreaterThan(3);
  });

  it('lets one of several replicas that start at once make the authority, and all serve by it', async () => {
    const started = await replicas(3);
    expect(await published()).toBe(true);
    for (const { port } of started) {
      used.proxy.endpoints = [port];
      const load = new AdmissionLoad(used.bed, 1);
      await until('some admissions', async () => load.admitted + load.failures.length > 3);
      await load.stop();
      expect(load.failures).toEqual([]);
    }
    expect((await state())?.authorities).toHaveLength(1);
  });

  it.each<[string, (stored: Secret) => Promise<unknown>]>([
    ['is filled with rubbish', stored => secrets().replace({ ...stored, data: { 'tls.crt': btoa('rubbish'), 'ca.key': '' } }, {}, never)],
    ['is emptied', stored => secrets().replace({ ...stored, data: {} }, {}, never)],
    ['is deleted', () => secrets().delete({ namespace, name: secretName }, {}, never)],
    [
      'is replaced by a foreign one that cannot be changed',
      async () => {
        await secrets().delete({ namespace, name: secretName }, {}, never);
        const foreign = { metadata: { namespace, name: secretName }, immutable: true, type: 'example.com/own', data: { key: btoa('x') } };
        // The webhooks may be as fast as we are.
        await secrets()
          .create(foreign, {}, never)
          .catch(() => undefined);
      },
    ],
  ])('goes on with a new authority, and fails no admission, when the Secret %s', async (_what, harm) => {
    await replicas(2, { AUTHORITY_OVERLAP_SECONDS: '1' });
    const before = await state();
    const load = new AdmissionLoad(used.bed, 2);
    await harm(await secrets().get({ namespace, name: secretName }, {}, never));
    await until('another authority to be in use alone', async () => {
      const now = await state().catch(() => undefined);
      return now !== undefined && now.authorities.length === 1 && now.authorities[0].fingerprint !== before?.authorities[0].fingerprint;
    });
    await until('it to be published', published);
    await load.stop();
    expect(load.failures).toEqual([]);
  });

  it('puts the bundle back when somebody overwrites it', async () => {
    await replicas(2);
    for (const resource of [mutatingConfigurations, validatingConfigurations]) {
      await used.bed
        .client(resource)
        .jsonPatch({ name: configurationName }, [{ op: 'remove', path: '/webhooks/0/clientConfig/caBundle' }], {}, never);
    }
    await until('the bundle to be back', published);
    expect(await bundles()).toHaveLength(3);
  });

  it('replaces a rubbish Secret that was there first, and reports it', async () => {
    const data = { 'ca.crt': btoa('rubbish') };
    await secrets().create({ metadata: { namespace, name: secretName }, type: 'Opaque', data }, {}, never);
    await replicas(1);
    expect(await published()).toBe(true);
    await until('an Event', async () => {
      const { items } = await used.bed.client(builtin.events).list({ namespace }, {}, never);
      return items.some(({ reason, regarding }) => reason === 'InvalidCertificates' && regarding?.name === secretName);
    });
  });
});
