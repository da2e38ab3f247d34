import type { ShardMap } from '@ordershard/shard-router';
import type { Command } from 'commander';
import { faultsText } from '../ownership/fault-groups.ts';
import { type OwnershipView, type ShardView, showTopology } from '../topology/show.ts';
import { type CommonFlags, lookCommand } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { addInitCommand } from './init-command.ts';
import { look } from './operation.ts';
import { addShardCommands } from './shard-commands.ts';

/** In one line, whether everything has one owner. */
function ownedText({ once, of, faults, unproved }: OwnershipView): string {
  if (unproved !== undefined) return `not proved: ${unproved}`;
  const count = `${once.toLocaleString('en-US')} of ${of.toLocaleString('en-US')} owned once`;
  return faults.length === 0 ? count : `${count}: see below, and do not move, open epochs or clean up`;
}

/** Why the counts of buckets add up to more than there are. */
function countsText({ epochs, bucketCount }: ShardMap): string {
  return (
    `${epochs.length} epochs: a bucket counts on each shard that owns its numbers, or keys, in one of them, so that they ` +
    `add up to more than ${bucketCount.toLocaleString('en-US')}.`
  );
}

/** A row of the table; what is said of a shard in words stands below. */
function rowOf({ shard, server, state, version, weight, numbers, keys, texts, moving, map }: ShardView) {
  return { shard: String(shard), server, state, version, weight, numbers, keys, texts, moving, map };
}

/** Adds `init`, `topology show`, `shard add` and `shard remove`. */
export function addTopologyCommands(program: Command): void {
  addInitCommand(program);
  const topology = program.command('topology').description('what the cluster consists of');
  lookCommand(topology, {
    syntax: 'show',
    summary: 'show shards, what they own, and the shard map',
    examples: ['topology show', 'topology show --output json'],
  }).action((flags: CommonFlags) =>
    look(flags, 'whatever', async ({ cluster, print }) => {
      const { map, shards, ownership } = await showTopology(cluster);
      const facts = {
        cluster: map.clusterId,
        'map version': map.version,
        buckets: map.bucketCount,
        epochs: map.epochs.length,
        owned: ownedText(ownership),
      };
      const down = shards.filter(({ state }) => state === 'down' || state === 'not configured');
      print({
        facts,
        rows: shards.map(rowOf),
        remarks: [
          ...ownership.faults.map((fault) => `${faultsText([fault])}.`),
          ...(map.epochs.length === 1 ? [] : [countsText(map)]),
          ...shards.flatMap(({ shard, heldBy }) =>
            heldBy === undefined ? [] : [`Shard ${shard} is held by ${heldBy}.`],
          ),
          ...down.map(
            ({ shard, state, problem }) =>
              `shard ${shard} is ${state}${problem === undefined ? '' : `: ${problem}`}`,
          ),
        ],
        json: { ...facts, ownership, shards, map },
      });
      if (ownership.faults.length > 0) process.exitCode = EXIT.different;
    }),
  );
  addShardCommands(program);
}
