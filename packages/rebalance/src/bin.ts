#!/usr/bin/env node
import { constants, setPriority } from 'node:os';
import { runCommand } from '@ordershard/process';
import { shardRebalance } from './cli/program.ts';

await runCommand('shard-rebalance', async () => {
  // An operation can wait; callers on the same machine cannot.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  await shardRebalance().parseAsync();
});
