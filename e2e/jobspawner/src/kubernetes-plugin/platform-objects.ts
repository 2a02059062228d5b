import type { TestbedInfo } from '@buildkite-operator/e2e-testbed';
import { environment, podTemplate } from './cases/platform.ts';

/** What steps here name, as `kubectl` takes it. */
export function platformObjects({ images, gitHttp }: TestbedInfo): object {
  const { protocol, host } = new URL(gitHttp.origin);
  const configMap = (name: string, data: Readonly<Record<string, string>>) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data,
  });
  const secret = (name: string, stringData: Readonly<Record<string, string>>, type = 'Opaque') => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    type,
    stringData,
  });
  const items = [
    configMap('kp-settings', { SETTING_WORD: 'as set' }),
    configMap('kp-checkout', { CHECKOUT_WORD: 'from the ConfigMap' }),
    secret('kp-values', { SECRET_WORD: 'sesame' }),
    secret('kp-git', { GIT_WORD: 'the git word' }),
    secret('kp-credentials', { github: `${protocol}//${gitHttp.user}:${gitHttp.password}@${host}\n` }),
    secret('kp-registry', { '.dockerconfigjson': '{"auths":{}}' }, 'kubernetes.io/dockerconfigjson'),
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'kp-builder' } },
    {
      apiVersion: 'v1',
      kind: 'PodTemplate',
      metadata: { name: 'kp-template' },
      template: {
        spec: { ...podTemplate, containers: podTemplate.containers.map(container => ({ ...container, image: images.busybox })) },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'kp-block' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        volumeMode: 'Block',
        storageClassName: 'kp-none',
        resources: { requests: { storage: '1Mi' } },
      },
    },
    // A claim for no device: every node can give that.
    { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { name: 'kp-claim' }, spec: { devices: {} } },
    {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'kp-class' },
      value: 7,
      preemptionPolicy: 'Never',
    },
    {
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name: 'kp-runc' },
      handler: 'runc',
      overhead: { podFixed: { cpu: '10m', memory: '8Mi' } },
    },
    {
      apiVersion: 'buildkite-operator.io/v1alpha1',
      kind: 'BuildEnvironment',
      metadata: { name: 'kp-environment' },
      spec: environment(images.busybox),
    },
  ];
  return { apiVersion: 'v1', kind: 'List', items };
}
