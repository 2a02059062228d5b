import { describe, expect, test } from 'vitest';
import { aptMirrors } from './apt-mirrors.ts';

const stanza = (uri: string, suites: string, components = 'main') =>
  `Types: deb\nURIs: ${uri}\nSuites: ${suites}\nComponents: ${components}\n`;
const publicMirrors = { main: 'http://deb.debian.org/debian', security: 'http://deb.debian.org/debian-security' };

describe("the mirrors of apt's configuration", () => {
  test.each([
    { given: 'nothing', sources: '', mirrors: publicMirrors },
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
      mirrors: { ...publicMirrors, main: 'http://m.example/debian' },
    },
    {
      given: "other people's packages first",
      sources: `${stanza('https://packages.example/apt', 'cloud-sdk-bookworm')}\n${stanza('https://tools.example/linux/debian', 'bookworm', 'stable')}\ndeb https://node.example/node_18.x bookworm main\n${stanza('http://m.example/debian/', 'bookworm')}`,
      mirrors: { ...publicMirrors, main: 'http://m.example/debian/' },
    },
    {
      given: 'a mirror whose path has another name',
      sources: stanza('http://proxy.example/remote/apt', 'trixie'),
      mirrors: { ...publicMirrors, main: 'http://proxy.example/remote/apt' },
    },
    { given: 'another distribution', sources: stanza('http://archive.example/ubuntu', 'jammy'), mirrors: publicMirrors },
  ])('given $given', ({ sources, mirrors }) => {
    expect(aptMirrors(sources)).toEqual(mirrors);
  });
});
