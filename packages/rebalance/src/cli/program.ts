import { Command } from 'commander';
import { addArchiveCommands } from './archive-commands.ts';
import { helpAfter } from './command.ts';
import { EXIT, EXIT_HELP } from './exit-codes.ts';
import { addDrainCommands } from './drain-commands.ts';
import { addEpochCommands } from './epoch-commands.ts';
import { addHistoryCommands } from './history-commands.ts';
import { MOVE_ENGINE } from '../move/engine-of-shards.ts';
import { addMoveCommands } from './move-commands.ts';
import { addPartitionCommands } from './partition-commands.ts';
import { addPlanCommands } from './plan-commands.ts';
import { addTopologyCommands } from './topology-commands.ts';
import { addRetentionCommands } from './retention-commands.ts';

const SETTINGS_HELP = `Settings, from the environment:
ORDERSHARD_SHARDS_FILE: a JSON file with id, writer, readers, TLS and passwords of each shard; \
or ORDERSHARD_MYSQL_URLS: URLs separated by commas, whose places are the ids.
ORDERSHARD_CLUSTER: the name of the cluster, "ordershard" unless given.
ORDERSHARD_REGISTRY: a module that exports TABLES, of another application than the order store; \
a path is relative to where you are.
ORDERSHARD_KAFKA_BROKERS, ORDERSHARD_TOPIC_PREFIX: to announce new maps at once.`;

/** The command line `shard-rebalance`, with all of its commands. */
export function shardRebalance(): Command {
  const program = new Command('shard-rebalance')
    .description('Operates the shards of an order store. Each command says with --help what it does.')
    .showHelpAfterError('(add --help for more)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage));
  helpAfter(program, `${SETTINGS_HELP}\n\n${EXIT_HELP}`);
  addTopologyCommands(program);
  addPlanCommands(program);
  addEpochCommands(program);
  addDrainCommands(program);
  addMoveCommands(program, MOVE_ENGINE);
  addPartitionCommands(program);
  addRetentionCommands(program);
  addArchiveCommands(program);
  addHistoryCommands(program);
  return program;
}
