import type { ShardMap } from '@ordershard/shard-router';
import type { Command } from 'commander';
import { addShard, checkCandidate } from '../topology/add-shard.ts';
import { checkRemoval, MAX_COUNTED } from '../topology/check-removal.ts';
import { withShards } from '../topology/cluster-map.ts';
import { removeShard } from '../topology/remove-shard.ts';
import { announcer } from './announce.ts';
import { shardId } from './arguments.ts';
import { changeCommand, type ChangeFlags } from './command.ts';
import { shardsText } from './move-output.ts';
import { addRecoverCommand } from './recover-command.ts';
import { type ChangeOperation, operate } from './operation.ts';
import { operatorName } from './operator-name.ts';

/** Adds `shard add`, `shard remove` and `shard recover`. */
export function addShardCommands(program: Command): void {
  const shard = program.command('shard').description('take shards into the cluster, and out of it');
  addAdd(shard);
  addRemove(shard);
  addRecoverCommand(shard);
}

function addAdd(shard: Command): void {
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
      operate(flags, 'whatever', async (operation) => {
        const { cluster, settings, change, print, progress } = operation;
        const { application } = settings;
        const candidate = await checkCandidate(cluster, application, id);
        const { known, version, members } = candidate;
        const map = await change(
          {
            action: 'shard add',
            question: known
              ? `Complete shard ${id}, which the cluster knows already?`
              : `Add shard ${id} (${version}) to the cluster of ${shardsText(members)}?`,
            arguments: { shard: id },
            log: withShards(cluster, members),
            takes: members,
            next: `\`shard-rebalance shard add ${id}\` goes on`,
          },
          ({ changed, next, entry }) =>
            addShard(cluster, application, candidate, {
              by: operatorName(flags.by),
              tell: (step) => {
                next(step);
                changed();
                progress.say(step);
              },
              entry,
            }),
        );
        if (map === undefined) return;
        await announce(operation, map);
        print({
          facts: { shard: String(id), server: version, 'map version': map.version },
          remarks: known
            ? []
            : [
                `Shard ${id} owns nothing yet. Next: shard-rebalance plan. Instances that have it in their shards file ` +
                  'know of it within seconds; others have to be restarted with it before it is given buckets.',
              ],
          json: { shard: id, server: version, 'map version': map.version },
        });
      }),
    );
}

function addRemove(shard: Command): void {
  changeCommand(shard, {
    syntax: 'remove',
    summary: 'take a shard that is empty out of the cluster; then it may leave the shards file',
    description:
      'Empty it first: `run --empty` and `cleanup`, or `drain`, the retention and `epoch close`. Leave it in the ' +
      'shards file until this is done. If it has the lowest id, the audit log and what decides on epochs go to the ' +
      'next one. Events that are published and still lie there are deleted.',
    examples: ['shard remove 2 --dry-run', 'shard remove 2 --yes --reason "old hardware"'],
  })
    .argument('<shard>', 'its id', shardId)
    .action((id: number, flags: ChangeFlags) =>
      operate(flags, 'whatever', async (operation) => {
        const { cluster, change, print, progress } = operation;
        const removal = await checkRemoval(cluster, id);
        const { members, isGone, events } = removal;
        const left = members.filter((member) => member !== id);
        const deleted = `${events === MAX_COUNTED ? 'over ' : ''}${events.toLocaleString('en-US')} published events`;
        const map = await change(
          {
            action: 'shard remove',
            question: `${isGone ? `Give up the database of shard ${id}, which has left the cluster` : `Take shard ${id} out of the cluster, which is ${shardsText(left)} then`}${events === 0 ? '' : `, and delete ${deleted} there`}?`,
            arguments: { shard: id, events },
            log: withShards(cluster, members),
            takes: [...new Set([...members, id])],
            next: `\`shard-rebalance shard remove ${id}\` goes on`,
          },
          ({ changed, next, entry }) =>
            removeShard(cluster, removal, {
              by: operatorName(flags.by),
              changed,
              tell: (step) => {
                next(step);
                progress.say(step);
              },
              entry,
            }),
        );
        if (map === undefined) return;
        await announce(operation, map);
        const facts = { shards: left.join(', '), 'events deleted': events, 'map version': map.version };
        print({
          facts,
          remarks: [
            `Shard ${id} is none of the cluster any more. Take it out of the shards file of every machine; then its ` +
              'database can be dropped.',
          ],
          json: { ...facts, shard: id, shards: left },
        });
      }),
    );
}

async function announce({ settings, progress }: ChangeOperation, map: ShardMap): Promise<void> {
  await announcer(settings, (text) => progress.say(text))?.(map);
}
