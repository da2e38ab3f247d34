import { runCommand } from '@ordershard/process';
import type { Command } from 'commander';
import { queryArchive } from '../archive/query.ts';
import { archiveOption, requiredStore } from './archive-option.ts';
import { type CommonFlags, lookCommand } from './command.ts';
import { printedText } from './output.ts';

interface QueryFlags extends CommonFlags {
  readonly archive?: string;
  readonly from?: string;
  readonly to?: string;
}

/** Adds `archive`. */
export function addArchiveCommands(program: Command): void {
  const archive = program
    .command('archive')
    .summary('ask the archive in SQL')
    .description('Asks the archive.');
  lookCommand(archive, {
    syntax: 'query <sql>',
    summary: 'ask the archive in SQL, with DuckDB',
    description:
      'Each archived table is a view with the columns that it has on the shards, and `day` and `shard`. The files of the\n' +
      'days asked for are copied to this machine first: name the days.',
    examples: [
      `archive query --from 2026-01-01 --to 2026-01-31 "SELECT status, count(*) FROM orders GROUP BY status"`,
      `archive query "SELECT menu_id, sum(quantity) FROM order_items JOIN orders USING (number) GROUP BY ALL"`,
    ],
  })
    .addOption(archiveOption())
    .option('--from <day>', 'the first UTC day, YYYY-MM-DD')
    .option('--to <day>', 'the last UTC day, YYYY-MM-DD')
    .action((sql: string, { archive: url, from, to, output }: QueryFlags) =>
      runCommand('shard-rebalance', async () => {
        const store = await requiredStore(url);
        try {
          const { rows } = await queryArchive(store, { sql, from, to });
          process.stdout.write(printedText({ rows, none: 'no rows', json: rows }, output));
        } finally {
          await store.close();
        }
      }),
    );
}
