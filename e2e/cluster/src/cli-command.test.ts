import { describe, expect, it } from 'vitest';
import { helpText, parseCommand } from './cli-command.ts';
import { ClusterError } from './cluster-error.ts';

describe('the command line', () => {
  it.each([
    [['up'], { name: 'up', values: {}, parameters: [] }],
    [['up', '--nodes', '3'], { name: 'up', values: { nodes: '3' }, parameters: [] }],
    [['down', '--images'], { name: 'down', values: { images: true }, parameters: [] }],
    [['status', '--json'], { name: 'status', values: { json: true }, parameters: [] }],
    [['kill-node', 'node-2'], { name: 'kill-node', values: {}, parameters: ['node-2'] }],
    [['add-node'], { name: 'add-node', values: {}, parameters: [] }],
    [['logs', '-f', 'etcd'], { name: 'logs', values: { follow: true }, parameters: ['etcd'] }],
    [['load-image', 'a.tar', 'a:1'], { name: 'load-image', values: {}, parameters: ['a.tar', 'a:1'] }],
  ])('understands %j', (words, command) => {
    expect(parseCommand(words)).toEqual(command);
  });

  it.each([[['kubectl', 'get', 'pods', '--help', '-A']], [['node-exec', 'node-1', 'ctr', '--help']]])(
    'passes everything on to another program: %j',
    words => {
      expect(parseCommand(words)).toEqual({ name: words[0], values: {}, parameters: words.slice(1) });
    },
  );

  it.each([[[]], [['--help']], [['-h']], [['help']], [['up', '--help']]])('shows the help for %j', words => {
    expect(parseCommand(words).name).toBe('help');
  });

  it.each([
    [['start'], /unknown command "start"; the commands are up, down/],
    [['up', '--node', '3'], /up: Unknown option '--node'; usage: pnpm local up \[--nodes N\]/],
    [['up', 'now'], /up got "now"; usage/],
    [['kill-node'], /kill-node got no argument; usage: pnpm local kill-node NAME/],
    [['kill-node', 'a', 'b'], /kill-node got "a" "b"/],
    [['node-exec', 'node-1'], /usage: pnpm local node-exec NAME COMMAND/],
    [['__proto__'], /unknown command/],
  ])('refuses %j and says what would be right', (words, message) => {
    expect(() => parseCommand(words)).toThrow(message);
    expect(() => parseCommand(words)).toThrow(ClusterError);
  });

  it('has a help that names every command and fits a terminal', () => {
    for (const name of ['up', 'down', 'status', 'load-image', 'kill-node', 'add-node', 'restart-apiserver', 'kubectl', 'logs', 'env'])
      expect(helpText()).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    for (const line of helpText().split('\n')) expect(line.length).toBeLessThanOrEqual(140);
  });
});
