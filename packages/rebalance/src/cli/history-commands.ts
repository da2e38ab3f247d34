import type { Command } from 'commander';
import { readHistory } from '../audit/audit-log.ts';
import { wholeWithin } from './arguments.ts';
import { lookCommand, type CommonFlags } from './command.ts';
import { look } from './operation.ts';

/** Adds `history`. */
export function addHistoryCommands(program: Command): void {
  lookCommand(program, {
    syntax: 'history',
    summary: 'show what operators did: who, what, why, when, and how it ended',
    description:
      'The newest action stands first. One that is still "running" is under way, or its command was killed: ' +
      '`shard-rebalance status` tells which.',
    examples: ['history', 'history --limit 200 --output json'],
  })
    .option('--limit <n>', 'actions that are shown at the most', wholeWithin(1, 100_000), 50)
    .action((flags: CommonFlags & { limit: number }) =>
      look(flags, 'every member', async ({ cluster, print }) => {
        const actions = await readHistory(cluster, flags.limit);
        print({
          none: 'nothing was done yet',
          rows: actions.map((action) => ({
            id: action.id,
            'started (UTC)': action.started_at.slice(0, 19),
            who: `${action.actor}@${action.place}`,
            action: action.action,
            outcome: action.outcome,
            why: action.reason,
            detail: action.detail,
          })),
          json: actions.map((action) => ({
            ...action,
            arguments: JSON.parse(action.arguments) as unknown,
          })),
        });
      }),
    );
}
