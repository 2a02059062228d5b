import { describe, expect, it } from 'vitest';
import { FakeWorld, jobNamed } from '../testing/fake-world.ts';
import { annotate, removeAnnotation } from './annotations.ts';
import { exportStep, requireStep, updateStep } from './steps.ts';

describe('a step, as jobs see it', () => {
  it('shows one attribute as text or JSON, or all of it', () => {
    const fake = new FakeWorld();
    const build = fake.build('steps: [{command: [a, b], key: k, label: L, env: {X: 1}, soft_fail: true}]');
    const step = requireStep(build, 'k');

    expect(exportStep(step, 'command', undefined)).toBe('a\nb');
    expect(exportStep(step, 'outcome', undefined)).toBe('neutral');
    expect(exportStep(step, 'env', 'json')).toBe('{"X":1}');
    expect(() => exportStep(step, 'env', undefined)).toThrow('--format json');
    expect(() => exportStep(step, 'colour', undefined)).toThrow('no attribute "colour"');
    fake.run(jobNamed(build, 'L'), 1);
    expect(exportStep(step, 'outcome', undefined)).toBe('soft_failed');
    expect(JSON.parse(exportStep(step, undefined, undefined))).toMatchObject({ key: 'k', label: 'L', state: 'finished' });
    expect(() => requireStep(build, 'none')).toThrow('no step "none"');
  });

  it.each([
    ['{command: a}', 0, 'passed'],
    ['{command: a}', 1, 'hard_failed'],
  ])('%s that ends with %i has the outcome %s', (text, status, outcome) => {
    const fake = new FakeWorld();
    const build = fake.build(`steps: [${text}]`);
    fake.run(jobNamed(build, 'a'), status);

    expect(exportStep(requireStep(build, build.steps[0]?.id ?? ''), 'outcome', undefined)).toBe(outcome);
  });

  it('is updated once by an update that is sent twice', () => {
    const fake = new FakeWorld();
    const build = fake.build('steps: [{command: a, key: k, label: one}]');
    const step = requireStep(build, 'k');
    const update = { idempotencyId: 'id', attribute: 'label', value: ' two', append: true };

    updateStep(fake.world, step, update);
    updateStep(fake.world, step, update);

    expect(exportStep(step, 'label', undefined)).toBe('one two');
    expect(() => updateStep(fake.world, step, { attribute: 'command', value: 'x', append: false })).toThrow('cannot be changed');
  });
});

describe('annotations', () => {
  const fake = new FakeWorld();
  const build = fake.build('steps: [{command: a}, {command: b}]');
  const [a, b] = [jobNamed(build, 'a'), jobNamed(build, 'b')];
  const report = { context: 'report', scope: 'build', append: false } as const;

  it('are one for each context and scope, replaced or added to', () => {
    expect(annotate(fake.world, build, a, { ...report, body: 'one' })).toMatchObject({ body: 'one', style: 'default', priority: 3 });
    expect(annotate(fake.world, build, b, { ...report, body: ' two', append: true, style: 'error' })).toMatchObject({
      body: 'one two',
      style: 'error',
    });
    expect(annotate(fake.world, build, b, { ...report, style: 'info' })).toMatchObject({ body: 'one two', style: 'info' });
    annotate(fake.world, build, a, { ...report, scope: 'job', body: 'of a' });
    annotate(fake.world, build, b, { ...report, scope: 'job', body: 'of b' });
    expect(build.annotations.size).toBe(3);
    removeAnnotation(build, a, 'job', 'report');
    expect([...build.annotations.values()].map(({ body }) => body)).toEqual(['one two', 'of b']);
  });

  it.each([
    ['', 'needs a body'],
    ['x'.repeat(1_048_577), 'may have 1048576 bytes'],
  ])('are refused with a body of a wrong size', (body, problem) => {
    expect(() => annotate(fake.world, build, a, { ...report, context: 'other', body })).toThrow(problem);
    expect(() => removeAnnotation(build, a, 'build', 'other')).toThrow('no annotation');
  });
});
