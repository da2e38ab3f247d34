import { initialiseCluster, migrateShards } from '@ordershard/shard-router';
import type { Command } from 'commander';
import { makePartitionsAhead } from '../retention/make-ahead.ts';
import { addShard, checkCandidate, foldersOf } from '../topology/add-shard.ts';
import { checkInit } from '../topology/check-init.ts';
import { showTopology } from '../topology/show.ts';
import { announcer } from './announce.ts';
import {
  changeCommand,
  type ChangeFlags,
  type CommonFlags,
  lookCommand,
  positive,
  shardId,
} from './command.ts';
import { look, operate } from './operation.ts';
import { operatorName } from './operator-name.ts';

/** Adds `init`, `topology show` and `shard add`. */
export function addTopologyCommands(program: Command): void {
  changeCommand(program, {
    syntax: 'init',
    summary: 'make the configured databases the shards of a new cluster',
    description:
      'Schema, fences, partitions of the coming days, the first shard map. Safe to run again: a cluster that has a map keeps it, and only what is missing is made. To grow a cluster use `shard add`.',
    examples: ['init --dry-run', 'init --yes --reason "new cluster"'],
  })
    .option('--buckets <n>', 'buckets, a power of two; it can never change', positive)
    .action((flags: ChangeFlags & { buckets?: number }) =>
      operate(flags, async ({ cluster, settings, change, print }) => {
        const { clusterId, shards, application } = settings;
        await checkInit(cluster);
        const ids = cluster.shards.join(', ');
        const map = await change(
          {
            action: 'init',
            question: `Make the databases of shards ${ids} the cluster ${clusterId}?`,
            arguments: { shards: cluster.shards, buckets: flags.buckets ?? null },
            // The log is a table of the schema.
            first: async () => void (await migrateShards(shards, foldersOf(application))),
          },
          async () => {
            for (const shard of cluster.shards)
              await cluster.onShard(shard, (session) => makePartitionsAhead(session, cluster.tables));
            return initialiseCluster({
              clusterId,
              shards,
              ...(flags.buckets === undefined ? {} : { bucketCount: flags.buckets }),
            });
          },
        );
        if (map !== undefined)
          print({
            facts: { cluster: clusterId, shards: ids, buckets: map.bucketCount, 'map version': map.version },
          });
      }),
    );

  const topology = program.command('topology').description('what the cluster consists of');
  lookCommand(topology, {
    syntax: 'show',
    summary: 'show shards, what they own, and the shard map',
    examples: ['topology show', 'topology show --output json'],
  }).action((flags: CommonFlags) =>
    look(flags, async ({ cluster, print }) => {
      const { map, shards } = await showTopology(cluster);
      const facts = {
        cluster: map.clusterId,
        'map version': map.version,
        buckets: map.bucketCount,
        epochs: map.epochs.length,
      };
      const down = shards.filter(({ state }) => state === 'down' || state === 'not configured');
      print({
        facts,
        rows: shards.map((shard) => ({ ...shard, problem: undefined })),
        remarks: down.map(
          ({ shard, state, problem }) =>
            `shard ${shard} is ${state}${problem === undefined ? '' : `: ${problem}`}`,
        ),
        json: { ...facts, shards, map },
      });
    }),
  );

  const shard = program.command('shard').description('shards of the cluster');
  changeCommand(shard, {
    syntax: 'add',
    summary: 'take a configured, empty database into the cluster; it owns nothing yet',
    description:
      'Put the shard into the shards file of every process first: running ones read it by themselves. ' +
      'Checks that the database is reachable, empty or of this cluster, and that its clock is right; migrates it; ' +
      'makes fences that send everyone to the owners; copies what is the same on every shard; publishes a map that ' +
      'knows it. Nothing else changes: give it buckets with `plan` and `run`, or by an epoch with `undrain`.',
    examples: ['shard add 2 --dry-run', 'shard add 2 --yes --reason "lunch peak"'],
  })
    .argument('<shard>', 'its id in the configuration', shardId)
    .action((id: number, flags: ChangeFlags) =>
      operate(flags, async ({ cluster, settings, change, print, progress }) => {
        const { application } = settings;
        const candidate = await checkCandidate(cluster, application, id);
        const map = await change(
          {
            action: 'shard add',
            question: candidate.known
              ? `Complete shard ${id}, which the cluster knows already?`
              : `Add shard ${id} (${candidate.version}) to the cluster of shards ${candidate.members.join(', ')}?`,
            arguments: { shard: id },
          },
          () =>
            addShard(cluster, application, candidate, {
              by: operatorName(flags.by),
              tell: (step) => progress.say(step),
            }),
        );
        if (map === undefined) return;
        await announcer(settings, (text) => progress.say(text))?.(map);
        print({
          facts: { shard: id, server: candidate.version, 'map version': map.version },
          remarks: [`Shard ${id} owns nothing yet. Next: shard-rebalance plan`],
        });
      }),
    );
}
