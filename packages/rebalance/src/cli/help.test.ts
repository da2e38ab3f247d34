import type { Command } from 'commander';
import { expect, test } from '@jest/globals';
import { shardRebalance } from './program.ts';

/** A command and all below it, with their names. */
function all(command: Command, name: string): readonly (readonly [string, Command])[] {
  return [
    [name, command] as const,
    ...command.commands.flatMap((each) => all(each, `${name} ${each.name()}`)),
  ];
}

test.each(all(shardRebalance(), 'shard-rebalance'))('the help of %s fits 80 columns', (_name, command) => {
  let text = '';
  command.configureOutput({ getOutHelpWidth: () => 80, writeOut: (part) => (text += part) });
  command.outputHelp();
  expect(text).toContain('Usage: ');
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
});
