import type { Command } from 'commander';
import { nextAssignment } from '../epochs/assignment.ts';
import { openNextEpoch } from '../epochs/open-next-epoch.ts';
import { checkMembers, weighted } from '../plan/wishes.ts';
import { clusterMap, membersOf } from '../topology/cluster-map.ts';
import { announcer } from './announce.ts';
import { changeCommand, type ChangeFlags, positive, shardId } from './command.ts';
import { operate } from './operation.ts';
import { operatorName } from './operator-name.ts';

type DrainFlags = ChangeFlags & { readonly in: number };

/** Adds `drain` and `undrain`. */
export function addDrainCommands(program: Command): void {
  drainCommand(program, {
    name: 'drain',
    summary: 'draw no new orders onto a shard, from a moment to come',
    description:
      'Opens an epoch that leaves the shard out. Nothing is copied: its orders stay where they are until their ' +
      'retention is over; then it is empty. To empty it at once use `run --empty`.',
    drained: (shard) => [shard],
  });
  drainCommand(program, {
    name: 'undrain',
    summary: 'draw new orders onto a shard, its part by weight, from a moment to come',
    description:
      'Opens an epoch in which the shard has its part: for a shard that was added, or drained. Nothing is copied: ' +
      'the shards are even once the retention of what was there before is over. To be even at once use `run`.',
    drained: () => [],
  });
}

function drainCommand(
  program: Command,
  {
    name,
    summary,
    description,
    drained,
  }: {
    readonly name: 'drain' | 'undrain';
    readonly summary: string;
    readonly description: string;
    /** The shards that get nothing on account of the command. */
    readonly drained: (shard: number) => readonly number[];
  },
): void {
  changeCommand(program, {
    syntax: name,
    summary,
    description: `${description} Every shard has to be up. Shards that were drained before stay so, unless it is this one.`,
    examples: [`${name} 2 --dry-run`, `${name} 2 --yes --reason "new hardware"`],
  })
    .argument('<shard>', 'its id', shardId)
    .option('--in <seconds>', 'when the epoch begins, more than 60 s ahead', positive, 90)
    .action((shard: number, flags: DrainFlags) =>
      operate(flags, async ({ cluster: all, settings, change, print, progress }) => {
        const cluster = await membersOf(all);
        const map = await clusterMap(cluster);
        checkMembers(map, [shard]);
        const now = map.epochs.at(-1)!.owners;
        // Of those that own nothing now, only the one that is named gets something.
        const idle = cluster.shards.filter((id) => id !== shard && !now.includes(id));
        const wishes = { empty: [...idle, ...drained(shard)] };
        const { changed } = nextAssignment(map, weighted(map, cluster.configs, wishes));
        const facts = {
          shard,
          'buckets of numbers that change': changed.numbers,
          'buckets of keys that change': changed.keys,
          'rows copied': 0,
        };
        if (changed.numbers + changed.keys === 0) {
          print({ facts, remarks: [`Nothing to do: new orders go that way already.`] });
          return;
        }
        const next = await change(
          {
            action: name,
            question:
              name === 'drain'
                ? `Draw no new orders onto shard ${shard}, from ${flags.in} seconds from now on?`
                : `Draw new orders onto shard ${shard} too, from ${flags.in} seconds from now on?`,
            arguments: { shard, inSeconds: flags.in, ...changed },
          },
          () =>
            openNextEpoch(cluster, {
              beginsInMs: flags.in * 1_000,
              wishes,
              by: operatorName(flags.by),
              afterStep: ({ step, shard: at }) => progress.say(`shard ${at}: ${step}`),
            }),
        );
        if (next === undefined) return;
        await announcer(settings, (text) => progress.say(text))?.(next);
        print({
          facts: { ...facts, 'map version': next.version, 'first number': next.epochs.at(-1)!.from },
          remarks: [`New orders go by it ${flags.in} seconds after the command was given.`],
        });
      }),
    );
}
