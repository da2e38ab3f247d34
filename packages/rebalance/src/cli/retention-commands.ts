import type { Command } from 'commander';

export function addRetentionCommands(program: Command): void {
  program.command('retention');
}
