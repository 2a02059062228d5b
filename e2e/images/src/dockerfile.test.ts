import { describe, expect, test } from 'vitest';
import { baseImages, fullImageName } from './dockerfile.ts';

describe('the images that a Dockerfile starts from', () => {
  test.each([
    { given: 'a short name', dockerfile: 'FROM node:24-bookworm-slim\nRUN x', found: ['docker.io/library/node:24-bookworm-slim'] },
    { given: 'a stage with a name', dockerfile: 'FROM debian AS base\nFROM base', found: ['docker.io/library/debian:latest'] },
    { given: 'another case of the stage name', dockerfile: 'from debian as Base\nFROM bASE', found: ['docker.io/library/debian:latest'] },
    { given: 'nothing', dockerfile: 'FROM scratch\nCOPY a /a', found: [] },
    { given: 'options', dockerfile: 'FROM --platform=linux/amd64 busybox:1\n', found: ['docker.io/library/busybox:1'] },
    { given: 'the same twice', dockerfile: 'FROM a:1 AS x\nFROM a:1', found: ['docker.io/library/a:1'] },
    { given: 'a build argument', dockerfile: 'ARG BASE\nFROM $BASE', found: [] },
    { given: 'the word elsewhere', dockerfile: 'FROM scratch\nCOPY --from=other /a /a\n# FROM comment', found: [] },
  ])('given $given', ({ dockerfile, found }) => {
    expect(baseImages(dockerfile)).toEqual(found);
  });

  test.each([
    ['node', 'docker.io/library/node:latest'],
    ['node:24', 'docker.io/library/node:24'],
    ['bitnami/redis:7', 'docker.io/bitnami/redis:7'],
    ['ghcr.io/a/b', 'ghcr.io/a/b:latest'],
    ['localhost:5000/a:1', 'localhost:5000/a:1'],
    ['localhost/a', 'localhost/a:latest'],
    ['a@sha256:0123', 'docker.io/library/a@sha256:0123'],
  ])('%s is %s', (short, full) => {
    expect(fullImageName(short)).toBe(full);
  });
});
