import type { Command } from 'commander';
import { planEpoch } from '../epochs/open-next-epoch.ts';
import { checkMembers } from '../plan/wishes.ts';
import { clusterMap } from '../topology/cluster-map.ts';
import { secondsAhead, shardId } from './arguments.ts';
import { changeCommand, type ChangeFlags } from './command.ts';
import { beginOf, IN_HELP, openAnnounced } from './open-announced.ts';
import { operate } from './operation.ts';

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
    .option('--in <seconds>', IN_HELP, secondsAhead, 90)
    .action((shard: number, flags: DrainFlags) =>
      operate(flags, async (operation) => {
        const { cluster, print } = operation;
        const before = await clusterMap(cluster);
        checkMembers(before, [shard]);
        const now = before.epochs.at(-1)!.owners;
        // Of those that own nothing now, only the one that is named gets something.
        const idle = cluster.shards.filter((id) => id !== shard && !now.includes(id));
        const wishes = { empty: [...idle, ...drained(shard)] };
        const next = await planEpoch(cluster, wishes);
        const { numbers, keys } = next.changed;
        const facts = {
          shard,
          'buckets of numbers that change': numbers,
          'buckets of keys that change': keys,
          'rows copied': 0,
        };
        if (numbers + keys === 0) {
          print({
            facts: { ...facts, shard: String(shard) },
            remarks: ['Nothing to do: new orders go that way already.'],
            json: facts,
          });
          return;
        }
        const map = await openAnnounced(operation, next, {
          action: name,
          question:
            `${name === 'drain' ? 'Draw no new orders onto' : 'Draw new orders onto'} shard ${shard}` +
            `${name === 'drain' ? '' : ' too'}, from ${flags.in} s from now on ` +
            `(${numbers} buckets of numbers and ${keys} of keys get another owner)?`,
          arguments: { shard, inSeconds: flags.in, ...next.changed },
          wishes,
        });
        if (map === undefined) return;
        const opened = {
          ...facts,
          'map version': map.version,
          'first number': map.epochs.at(-1)!.from,
        };
        print({
          facts: { ...opened, shard: String(shard) },
          json: opened,
          remarks: [
            `New orders go by it from ${beginOf(map)} on. Until then \`epoch abort\` takes it back; afterwards ` +
              `\`${name === 'drain' ? 'undrain' : 'drain'} ${shard}\` does, by another epoch.`,
          ],
        });
      }),
    );
}
