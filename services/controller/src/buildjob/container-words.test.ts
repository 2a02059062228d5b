import { describe, expect, it } from 'vitest';
import { describe as describeEnd, lastWords, memoryLimit, nodeOf } from './container-words.ts';
import { kubeletPod } from './testing/kubelet-pod.ts';

describe('what a message tells of a container', () => {
  it.each([
    [{ exitCode: 0, reason: 'Completed' }, 'exit code 0 (Completed)'],
    [{ exitCode: 2, reason: 'Error' }, 'exit code 2'],
    [{ exitCode: 2 }, 'exit code 2'],
    [{ exitCode: 137, reason: 'OOMKilled' }, 'exit code 137 (OOMKilled)'],
    [{ exitCode: 0, signal: 9 }, 'exit code 0 after signal 9'],
    [{ exitCode: 1, signal: 0 }, 'exit code 1'],
  ])('is for %j: %s', (terminated, words) => {
    expect(describeEnd(terminated)).toBe(words);
  });

  it.each([
    [undefined, undefined],
    ['', undefined],
    [' \n', undefined],
    ['one\ntwo\n', 'one\ntwo'],
    ['x'.repeat(1000), 'x'.repeat(1000)],
    [`${'x'.repeat(1000)}the end`, `…${'x'.repeat(992)}the end`],
  ])('is the end of its last words: %j', (message, words) => {
    expect(lastWords({ exitCode: 1, ...(message !== undefined && { message }) })).toBe(words);
  });

  it('is its limit of memory, whichever container it is', () => {
    const pod = kubeletPod({ job: { resources: { limits: { memory: '64Mi' } } } });
    expect([memoryLimit(pod, 'container-0'), memoryLimit(pod, 'nothing')]).toStrictEqual(['its limit of 64Mi', 'its node has']);
  });

  it('is the node of its pod', () => {
    expect([nodeOf(kubeletPod()), nodeOf(kubeletPod({ nodeName: undefined }))]).toStrictEqual(['node-1', '(none)']);
  });
});
