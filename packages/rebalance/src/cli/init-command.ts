import { initialiseCluster, migrateShards } from '@ordershard/shard-router';
import type { Command } from 'commander';
import { ShardRefusedError } from '../errors.ts';
import { makePartitionsAhead } from '../retention/make-ahead.ts';
import { foldersOf } from '../topology/add-shard.ts';
import { checkInit } from '../topology/check-init.ts';
import { wholeWithin } from './arguments.ts';
import { changeCommand, type ChangeFlags } from './command.ts';
import { operate } from './operation.ts';

/** Adds `init`. */
export function addInitCommand(program: Command): void {
  changeCommand(program, {
    syntax: 'init',
    summary: 'make the configured databases the shards of a new cluster',
    description:
      'Schema, fences, partitions of the coming days, the first shard map. Safe to run again: a cluster that has a map ' +
      'keeps it, and its number of buckets, and only what is missing is made. To grow a cluster use `shard add`.',
    examples: ['init --dry-run', 'init --yes --reason "new cluster"'],
  })
    .option('--buckets <n>', 'buckets, a power of two; it can never change (1024)', wholeWithin(1, 32_768))
    .action((flags: ChangeFlags & { buckets?: number }) =>
      operate(flags, 'whatever', async ({ cluster, settings, change, print }) => {
        const { clusterId, shards, application } = settings;
        const { map: before, buckets, strangers } = await checkInit(cluster, flags.buckets);
        const [stranger] = strangers;
        if (stranger !== undefined)
          throw new ShardRefusedError(
            stranger,
            `the cluster is there already: take it in with \`shard add ${stranger}\``,
          );
        const ids = cluster.shards.join(', ');
        const count = `${buckets.toLocaleString('en-US')} buckets`;
        const map = await change(
          {
            action: 'init',
            question:
              before === undefined
                ? `Make the databases of shards ${ids} the cluster ${clusterId}, with ${count}?`
                : `Complete the cluster ${clusterId} of shards ${ids}, with ${count}, where something is missing?`,
            arguments: { shards: cluster.shards, buckets: flags.buckets ?? null },
            // The log is a table of the schema.
            first: async () => void (await migrateShards(shards, foldersOf(application))),
            next: '`shard-rebalance init` goes on',
          },
          async ({ next }) => {
            next('making partitions');
            for (const shard of cluster.shards)
              await cluster.onShard(shard, (session) => makePartitionsAhead(session, cluster.tables));
            next('making fences and the shard map');
            return initialiseCluster({ clusterId, shards, bucketCount: buckets });
          },
        );
        if (map !== undefined)
          print({
            facts: { cluster: clusterId, shards: ids, buckets: map.bucketCount, 'map version': map.version },
          });
      }),
    );
}
