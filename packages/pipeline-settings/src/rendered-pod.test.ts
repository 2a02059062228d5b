import { apiVersion, type BuildJob } from '@buildkite-operator/crds';
import { renderPod } from '@buildkite-operator/podspec';
import { podDefaults } from '@buildkite-operator/podspec/testing';
import { describe, expect, it } from 'vitest';
import { mapped } from './testing/sample-job.ts';

function podOf(kubernetes: object, more: Parameters<typeof mapped>[2] = {}) {
  const { spec } = mapped(kubernetes, {}, more);
  const job: BuildJob = { apiVersion, kind: 'BuildJob', metadata: { name: 'bk-job', namespace: 'jobs' }, spec };
  const pod = renderPod(job, new Map(), podDefaults);
  const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  return {
    spec: pod.spec,
    container: (name: string) => all.find(container => container.name === name),
    names: all.map(({ name }) => name),
  };
}

const cache = { name: 'cache', mountPath: '/cache' };

describe('the pod of a step with the kubernetes plugin', () => {
  const { spec, container, names } = podOf({
    podSpec: {
      containers: [
        { name: 'main', image: 'node:24', command: ['npm ci', 'npm test'], volumeMounts: [cache], securityContext: { runAsUser: 5 } },
      ],
      initContainers: [
        { name: 'docker', image: 'docker:dind', restartPolicy: 'Always' },
        { name: 'migrate', image: 'node:24', tty: true },
      ],
      volumes: [{ name: 'cache', emptyDir: {} }],
      imagePullSecrets: [{ name: 'registry' }],
    },
    extraVolumeMounts: [{ name: 'cache', mountPath: '/shared' }],
    gitEnvFrom: [{ secretRef: { name: 'git' } }],
    sidecars: [{ image: 'redis:8' }],
    podSpecPatch: {
      containers: [
        { name: 'checkout', resources: { limits: { memory: '1Gi' } } },
        { name: 'main', env: [{ name: 'CI', value: '1' }] },
      ],
      volumes: [{ name: 'workspace', persistentVolumeClaim: { claimName: 'fast' } }],
    },
  });

  it('has the containers in the order of the pipeline', () => {
    expect(names).toEqual(['copy-agent', 'docker', 'migrate', 'sidecar-0', 'agent', 'checkout', 'container-0']);
  });

  it('runs the command in the image, with mounts and user', () => {
    const command = container('container-0');
    expect(command).toMatchObject({ image: 'node:24', securityContext: { runAsUser: 5 }, envFrom: [{ secretRef: { name: 'git' } }] });
    expect(command?.env).toEqual(
      expect.arrayContaining([
        { name: 'CI', value: '1' },
        { name: 'BUILDKITE_COMMAND', value: 'npm ci\nnpm test' },
      ]),
    );
    expect(command?.volumeMounts?.map(({ mountPath }) => mountPath).toSorted()).toEqual(['/cache', '/shared', '/workspace']);
  });

  it('gives the checkout and the sidecar what is for them, and the agent nothing', () => {
    expect(container('checkout')).toMatchObject({ envFrom: [{ secretRef: { name: 'git' } }], resources: { limits: { memory: '1Gi' } } });
    expect(container('sidecar-0')).toMatchObject({ restartPolicy: 'Always', envFrom: [{ secretRef: { name: 'git' } }] });
    expect(container('migrate')).toMatchObject({ tty: true });
    expect(JSON.stringify(container('agent'))).not.toMatch(/"(cache|git)"/);
  });

  it('has the volumes, of one source each', () => {
    expect(spec?.volumes).toEqual(
      expect.arrayContaining([
        { name: 'cache', emptyDir: {} },
        { name: 'workspace', persistentVolumeClaim: { claimName: 'fast' } },
      ]),
    );
    expect(spec?.imagePullSecrets).toEqual([{ name: 'registry' }]);
  });

  it('has no checkout where it is skipped, whatever is said about it', () => {
    const skipped = podOf({
      checkout: { skip: true },
      gitEnvFrom: [{ secretRef: { name: 'git' } }],
      podSpecPatch: { containers: [{ name: 'checkout' }] },
    });
    expect(skipped.names).toEqual(['copy-agent', 'agent', 'container-0']);
  });

  it('reads credentials from another key of the Secret', () => {
    const items = [{ key: 'github', path: '.git-credentials' }];
    const volumes = podOf({ checkout: { gitCredentialsSecret: { secretName: 'creds', items } } }).spec?.volumes;
    expect(volumes?.find(({ name }) => name === 'git-credentials')).toEqual({
      name: 'git-credentials',
      projected: { sources: [{ secret: { name: 'creds', items, optional: true } }] },
    });
  });
});
