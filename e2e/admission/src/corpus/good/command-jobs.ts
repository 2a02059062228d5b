import { fullContainer } from './full-container.ts';
import { good } from './good-case.ts';

/** Several containers with commands, which run one after another. */
export const commandJobs = [
  good('commands-in-order', {
    command: 'make',
    commandContainers: [
      { name: 'test', command: 'make test' },
      { name: 'pack', command: 'make pack' },
    ],
  }),
  good('commands-in-environments', {
    environment: 'node',
    command: 'npm test',
    commandContainers: [{ name: 'lint', environment: 'service', command: 'npm run lint' }],
  }),
  good('command-with-everything', {
    environment: 'service',
    command: 'true',
    commandContainers: [{ ...fullContainer, environment: 'service', command: 'echo "$A"' }],
  }),
  good('command-too-long-for-a-variable', { command: `: ${'x'.repeat(140_000)}` }),
];
