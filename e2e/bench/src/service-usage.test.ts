import { expect, it } from 'vitest';
import { type ProcessFigures, serviceUsage } from './service-usage.ts';

const first: ProcessFigures = { service: 'controller', pod: 'a', startedAt: 1, kubeRequests: 10, peakBytes: 100, cpuSeconds: 1 };
const other: ProcessFigures = { ...first, service: 'webhooks', pod: 'w', kubeRequests: 1000 };

it('a service has used what its processes count more than before, and all that later ones count', () => {
  const goneOn = { ...first, kubeRequests: 25, peakBytes: 300, cpuSeconds: 3 };
  const startedAnew = { ...first, startedAt: 2, kubeRequests: 7, peakBytes: 50, cpuSeconds: 0.5 };
  expect(serviceUsage('controller', [first, other], [goneOn, startedAnew, { ...other, kubeRequests: 2000 }])).toStrictEqual({
    service: 'controller',
    kubeRequests: 22,
    cpuSeconds: 2.5,
    peakBytes: [300, 50],
    starts: 1,
  });
});
