import { describe, expect, test } from 'vitest';
import { aptMirrors } from './apt-mirrors.ts';

const stanza = (uri: string, suites: string, components = 'main') =>
  `Types: deb\nURIs: ${uri}\nSuites: ${suites}\nComponents: ${components}\n`;

describe("the mirrors of apt's configuration", () => {
  test.each([
    {
      given: 'stanzas',
      sources: `${stanza('http://m.example/debian', 'bookworm bookworm-updates')}\n${stanza('http://s.example/debian-security', 'bookworm-security')}`,
      mirrors: { main: 'http://m.example/debian', security: 'http://s.example/debian-security' },
    },
    {
      given: 'lines, with options and comments',
      sources:
        '# deb http://old.example/debian bookworm main\ndeb [arch=amd64 trusted=yes] http://m.example/debian bookworm main contrib\n' +
        'deb-src http://src.example/debian bookworm main\ndeb http://s.example/debian-security bookworm-security main',
      mirrors: { main: 'http://m.example/debian', security: 'http://s.example/debian-security' },
    },
    {
      given: 'no security mirror',
      sources: stanza('http://m.example/debian', 'bookworm'),
      mirrors: { main: 'http://m.example/debian', security: 'http://m.example/debian-security' },
    },
    {
      given: "other people's packages first",
      sources: `${stanza('https://packages.example/apt', 'cloud-sdk-bookworm')}\n${stanza('https://tools.example/linux/debian', 'bookworm', 'stable')}\ndeb https://node.example/node_18.x bookworm main\n${stanza('http://m.example/debian/', 'bookworm')}`,
      mirrors: { main: 'http://m.example/debian/', security: 'http://m.example/debian-security' },
    },
    {
      given: 'a mirror whose path has another name',
      sources: stanza('http://proxy.example/remote/apt', 'trixie'),
      mirrors: { main: 'http://proxy.example/remote/apt', security: 'http://proxy.example/remote/apt-security' },
    },
  ])('given $given', ({ sources, mirrors }) => {
    expect(aptMirrors(sources)).toEqual(mirrors);
  });

  test.each([
    { given: 'nothing', sources: '' },
    { given: 'another distribution', sources: stanza('http://archive.example/ubuntu', 'jammy') },
  ])('given $given, that is an error with the remedy', ({ sources }) => {
    expect(() => aptMirrors(sources)).toThrow('add one to /etc/apt/sources.list.d');
  });
});
