import { Command } from 'commander';
import { addArchiveCommands } from './archive-commands.ts';
import { EXIT, EXIT_HELP } from './exit-codes.ts';
import { addDrainCommands } from './drain-commands.ts';
import { addEpochCommands } from './epoch-commands.ts';
import { addHistoryCommands } from './history-commands.ts';
import { MOVE_ENGINE } from '../move/engine-of-shards.ts';
import { addMoveCommands } from './move-commands.ts';
import { addPlanCommands } from './plan-commands.ts';
import { addTopologyCommands } from './topology-commands.ts';
import { addRetentionCommands } from './retention-commands.ts';

/** The command line `shard-rebalance`, with all of its commands. */
export function shardRebalance(): Command {
  const program = new Command('shard-rebalance')
    .description('Operates the shards of an order store. Each command says with --help what it does.')
    .addHelpText(
      'after',
      `
Settings: ORDERSHARD_SHARDS_FILE (JSON: id, writer, readers, TLS and passwords of each shard), or ORDERSHARD_MYSQL_URLS
(URLs separated by commas; the place is the shard's id); ORDERSHARD_CLUSTER; ORDERSHARD_REGISTRY (module that exports
TABLES; the order store's by default); ORDERSHARD_KAFKA_BROKERS and ORDERSHARD_TOPIC_PREFIX (to announce new maps).

${EXIT_HELP}`,
    )
    .showHelpAfterError('(add --help for more)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage));
  addTopologyCommands(program);
  addPlanCommands(program);
  addEpochCommands(program);
  addDrainCommands(program);
  addMoveCommands(program, MOVE_ENGINE);
  addRetentionCommands(program);
  addArchiveCommands(program);
  addHistoryCommands(program);
  return program;
}
