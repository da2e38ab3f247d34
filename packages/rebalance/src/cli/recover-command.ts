import type { Command } from 'commander';
import { beatText, examineRestored, type Restored } from '../recovery/examine.ts';
import { recoverShard } from '../recovery/recover-shard.ts';
import { withShards } from '../topology/cluster-map.ts';
import { shardId } from './arguments.ts';
import { changeCommand, type ChangeFlags } from './command.ts';
import { operate } from './operation.ts';
import { operatorName } from './operator-name.ts';

/** Adds `shard recover`. */
export function addRecoverCommand(shard: Command): void {
  changeCommand(shard, {
    syntax: 'recover',
    summary: 'make a shard that was restored from a backup one of the cluster again',
    description:
      'A shard whose database is of an earlier state than others have seen it in is used by nobody. This makes it own ' +
      'what the others say that it owns, puts its ids and worker slots above all that it may have given, notes what ' +
      'it gave away for `verify` and `cleanup`, and lets it be used again. What was committed after the backup stays ' +
      'lost; list first what of it the views still have, with `order-service lost-orders`. Every other shard has to answer.',
    examples: ['shard recover 2 --dry-run', 'shard recover 2 --yes --reason "disk lost, backup of 03:00"'],
  })
    .argument('<shard>', 'its id', shardId)
    .action((id: number, flags: ChangeFlags) =>
      operate(flags, 'whatever', async ({ cluster, change, print, progress }) => {
        const found = await examineRestored(cluster, id);
        const done = await change(
          {
            action: 'shard recover',
            question: `Recover shard ${id}, which is at beat ${beatText(found.own)} and was seen at ${beatText(found.word.beat)}? ${spanText(found)}`,
            arguments: { shard: id, own: beatText(found.own), seen: beatText(found.word.beat) },
            log: withShards(cluster, found.members),
            takes: found.members,
            next: `\`shard-rebalance shard recover ${id}\` goes on`,
          },
          ({ changed, next }) =>
            recoverShard(cluster, id, {
              by: operatorName(flags.by),
              changed,
              tell: (step) => {
                next(step);
                progress.say(step);
              },
            }),
        );
        if (done === undefined) return;
        const { given, got, returned, plans, mapVersion } = done;
        const facts = {
          shard: id,
          'gave away': given.length,
          'owns again': got,
          'came back to others': returned,
          'map version': mapVersion,
        };
        print({
          facts,
          remarks: remarksOf(id, found, plans),
          json: { ...facts, plans, lostSince: found.own?.at ?? null, lostUntil: found.word.beat?.at ?? null },
        });
      }),
    );
}

/** When what is lost was committed. */
function spanText({ own, word: { beat } }: Restored): string {
  const since = own === undefined ? 'since its backup' : `after ${own.at.slice(0, 19)} UTC`;
  const until = beat === undefined ? '' : `, until ${beat.at.slice(0, 19)} UTC or a second later`;
  return `What it committed ${since}${until} is lost.`;
}

function remarksOf(id: number, { underWay, members }: Restored, plans: readonly string[]): readonly string[] {
  return [
    `Shard ${id} is used again. Worker slots of it rest for some seconds.`,
    ...(plans.length === 0
      ? []
      : [
          `What it gave away since the backup lies there twice: shard-rebalance verify, then cleanup (plan ${plans.join(', ')}).`,
        ]),
    ...(underWay === 0
      ? []
      : [`${underWay} moves to or from it were under way: shard-rebalance rollback takes them back.`]),
    ...(id === Math.min(...members) ? ['It keeps the audit log: entries since the backup are lost.'] : []),
    'Holds that were set since the backup are lost: set them again.',
    'Next: order-service lost-orders, then read-model verify and repair.',
  ];
}
