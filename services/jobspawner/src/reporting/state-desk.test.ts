import { type JobStatesRequest, StacksApiError } from '@buildkite-operator/stacks-api';
import { describe, expect, it } from 'vitest';
import { StateDesk } from './state-desk.ts';

const signal = new AbortController().signal;

class States {
  readonly asked: (readonly string[])[] = [];
  async getJobStates({ jobIds }: JobStatesRequest) {
    this.asked.push(jobIds);
    const error = new StacksApiError('NotSent', 'not sent', { endpoint: 'get-job-states' });
    const failed = jobIds.includes('broken') ? [{ items: ['broken'], error }] : [];
    return { states: new Map(jobIds.filter(id => id.startsWith('known')).map(id => [id, 'reserved'])), missing: [], failed };
  }
}

describe('the desk that asks for states', () => {
  it('asks once for all who ask at a time, and tells each its own', async () => {
    const client = new States();
    const desk = new StateDesk(signal);
    const answers = await Promise.allSettled(['known-1', 'known-2', 'gone', 'broken'].map(id => desk.ask(client, id)));
    expect(answers).toMatchObject([
      { value: 'reserved' },
      { value: 'reserved' },
      { status: 'fulfilled', value: undefined },
      { reason: { code: 'NotSent' } },
    ]);
    expect(client.asked).toHaveLength(1);
    expect(await desk.ask(client, 'known-3')).toBe('reserved');
    expect(client.asked).toHaveLength(2);
  });

  it('leaves nobody without an answer when it is closed', async () => {
    const closing = new AbortController();
    const desk = new StateDesk(closing.signal);
    const client = { getJobStates: async () => Promise.reject(new Error('aborted')) };
    const answer = desk.ask(client, 'known');
    closing.abort();
    await expect(answer).rejects.toThrow('aborted');
  });
});
