import { environment, job } from '../corpus-object.ts';
import { bad } from './bad-case.ts';

/** Objects with several faults, all of which one answer must name. */
export const manyFaults = [
  bad(
    'faults of the schema all over',
    job({
      image: 'a b',
      timeoutSeconds: 0,
      env: [{ name: '=' }],
      operatingSystem: 'darwin',
      terminationGracePeriodSeconds: 3,
      podLabels: { team: '-' },
    }),
    ['spec.image', '"a b"'],
    ['spec.timeoutSeconds', '0'],
    ['spec.env[0].name', '"="'],
    ['spec.operatingSystem', '"darwin"'],
    ['spec.terminationGracePeriodSeconds', '3'],
    ['spec.podLabels.team', '"-"'],
  ),
  bad(
    'several rules broken',
    job({
      jobNodeRequirements: [
        { key: 'a', operator: 'In' },
        { key: 'b', operator: 'Exists', values: ['c'] },
      ],
      tolerations: [{ key: 'a', effect: 'NoSchedule', tolerationSeconds: 1 }, { value: 'b' }],
      extraContainers: [{ name: 'a' }],
    }),
    ['spec.jobNodeRequirements[0].values', 'at least one value'],
    ['spec.jobNodeRequirements[1].values', 'take no values'],
    ['spec.tolerations[0].tolerationSeconds', 'NoExecute'],
    ['spec.tolerations[1].operator', 'Exists'],
    ['spec.extraContainers[0]', 'name an environment'],
  ),
  bad(
    'two typing errors',
    job({ enviroment: 'node', resources: { request: {} } }),
    ['spec.enviroment', 'unknown field'],
    ['spec.resources.request', 'unknown field'],
  ),
  bad(
    'unknown environments and names that are taken',
    job({
      environment: 'nowhere',
      initContainers: [{ name: 'agent', image: 'a' }],
      extraContainers: [{ environment: 'neither' }, { name: 'checkout', image: 'b' }],
    }),
    ['spec.environment', 'nowhere'],
    ['spec.initContainers[0].name', 'agent'],
    ['spec.extraContainers[0].environment', 'neither'],
    ['spec.extraContainers[1].name', 'checkout'],
  ),
  bad(
    'resources, mounts and a patch',
    job({
      resources: { requests: { cpu: 4, memory: '4Gi' }, limits: { cpu: 2, memory: '2Gi', 'nvidia.com/gpu': '1500m' } },
      extraContainers: [{ name: 'a', image: 'b', volumeMounts: [{ name: 'nothing', mountPath: '/x' }] }],
      podPatch: { restartPolicy: 'Always', containers: [{ name: 'agent', command: ['true'] }] },
    }),
    ['spec.resources.requests.cpu', '4'],
    ['spec.resources.requests.memory', '4Gi'],
    ['spec.resources.limits[nvidia.com/gpu]', '1500m'],
    ['spec.extraContainers[0].volumeMounts[0].name', 'nothing'],
    ['spec.podPatch.restartPolicy', 'Always'],
    ['spec.podPatch.containers[agent].command', 'belongs to the operator'],
  ),
  bad(
    'what a policy forbids, several times',
    job({
      serviceAccountName: 'admin',
      priorityClassName: 'system-node-critical',
      extraContainers: [{ name: 'a', image: 'b', securityContext: { privileged: true } }],
      podPatch: { hostNetwork: true },
    }),
    ['spec.serviceAccountName', 'admin'],
    ['spec.priorityClassName', 'system-node-critical'],
    ['spec.extraContainers[0].securityContext.privileged'],
    ['spec.podPatch.hostNetwork'],
  ),
  bad(
    'what the trial of the pod sees, several times',
    job({ podPatch: { dnsPolicy: 'Cluster', hostname: 'My Host' }, env: [{ name: 'A', valueFrom: {} }] }),
    ['spec.podPatch.dnsPolicy', '"Cluster"'],
    ['spec.podPatch.hostname', 'My Host'],
    ['spec.env[0].valueFrom', 'must specify one of'],
  ),
  bad(
    'an environment with references, names and volumes that are wrong',
    environment({
      container: {
        image: 'a',
        volumeMounts: [
          { name: 'gone', mountPath: '/x' },
          { name: 'gone', mountPath: '/x' },
        ],
      },
      extraContainers: [{ environment: 'nowhere' }, { name: 'agent', image: 'a' }],
      volumes: [{ name: 'workspace', emptyDir: {} }],
    }),
    ['spec.container.volumeMounts[0].name', 'gone'],
    ['spec.container.volumeMounts[1].mountPath', '/x'],
    ['spec.extraContainers[0].environment', 'nowhere'],
    ['spec.extraContainers[1].name', 'agent'],
    ['spec.volumes[0].name', 'workspace'],
  ),
];
