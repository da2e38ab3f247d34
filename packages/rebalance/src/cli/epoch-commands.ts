import { abortEpoch, closeEpochs, decodeNumber, readOpenings, settleEpochs } from '@ordershard/shard-router';
import type { Command } from 'commander';
import type { OperatorCluster } from '../cluster.ts';
import { openNextEpoch, planEpoch } from '../epochs/open-next-epoch.ts';
import { membersOf } from '../topology/cluster-map.ts';
import { announcer } from './announce.ts';
import { changeCommand, type ChangeFlags, type CommonFlags, lookCommand, positive } from './command.ts';
import { type WishFlags, withWishes } from './move-flags.ts';
import { look, operate } from './operation.ts';
import { operatorName } from './operator-name.ts';

/** How long the order store looks for an idempotency key, hours. */
const KEY_HOURS = 24;

/** Adds `epoch open | status | abort | close`. */
export function addEpochCommands(program: Command): void {
  const epoch = program
    .command('epoch')
    .description('growing without copying: numbers to come get other owners');
  addOpen(epoch);
  lookCommand(epoch, {
    syntax: 'status',
    summary: 'show which epochs were opened, and have every shard follow what was decided',
    examples: ['epoch status', 'epoch status --output json'],
  }).action((flags: CommonFlags) =>
    look(flags, async ({ cluster: all, print }) => {
      const cluster = await membersOf(all);
      const { pending } = await settleEpochs(cluster, operatorName('status'));
      const openings = await readOpenings(cluster);
      print({
        none: 'no epoch was opened: all numbers go by the first assignment',
        rows: openings.map((opening) => ({
          begins: begins(opening.from),
          from: opening.from,
          state: opening.state,
          'every shard': opening.settled ? 'yes' : 'no',
          'map version': opening.mapVersion,
          'opened by': opening.openedBy,
          'opened at': `${opening.openedAt.slice(0, 19)} UTC`,
        })),
        ...(pending === 0
          ? {}
          : { remarks: ['One is not decided. It is aborted by itself, or by `epoch abort`.'] }),
      });
    }),
  );
  changeCommand(epoch, {
    syntax: 'abort',
    summary: 'abort the epoch that is being opened; one that is active stays',
    examples: ['epoch abort --yes'],
  }).action((flags: ChangeFlags) =>
    operate(flags, async ({ cluster: all, change, print }) => {
      const cluster = await membersOf(all);
      const by = operatorName(flags.by);
      await settleEpochs(cluster, by);
      const opening = (await readOpenings(cluster)).find(({ state }) => state === 'preparing');
      if (opening === undefined) return print({ remarks: ['no epoch is being opened'] });
      const question = `Abort the epoch that was to begin at ${begins(opening.from)}?`;
      await change({ action: 'epoch abort', question, arguments: { from: opening.from } }, () =>
        abortEpoch(cluster, opening.from, by),
      );
    }),
  );
  addClose(epoch);
}

function addOpen(epoch: Command): void {
  withWishes(
    changeCommand(epoch, {
      syntax: 'open',
      summary: 'open an epoch: from its beginning on each shard gets its part of what is written',
      description:
        'Nothing is copied: what is there stays until its retention is over, and then the data is even. Needs every shard. ' +
        'Whatever dies on the way, the epoch is active or aborted, and no shard stays shut. See docs/epochs.md.',
      examples: [
        'epoch open --dry-run',
        'epoch open --in 120 --yes --reason "shard 2 takes part"',
        'epoch open --empty 1',
      ],
    }),
  )
    .option('--in <seconds>', 'when it begins, more than 60 s ahead', positive, 90)
    .action((flags: ChangeFlags & WishFlags & { in: number }) =>
      operate(flags, async ({ cluster: all, settings, change, print, progress }) => {
        const cluster = await membersOf(all);
        const wishes = { empty: flags.empty, weights: flags.weight };
        const { map: before, changed, owners } = await planEpoch(cluster, wishes);
        const by = operatorName(flags.by);
        const shares = [...Map.groupBy(owners, (owner) => owner)]
          .map(([shard, buckets]) => `shard ${shard}: ${buckets.length}`)
          .toSorted();
        const map = await change(
          {
            action: 'epoch open',
            question:
              `Open an epoch that begins in ${flags.in} s, with ${shares.join(', ')} of ${before.bucketCount} buckets ` +
              `(${changed.numbers} get another owner)?`,
            arguments: { in: flags.in, mapVersion: before.version, changed },
          },
          () =>
            openNextEpoch(cluster, {
              beginsInMs: flags.in * 1_000,
              wishes,
              by,
              afterStep: ({ step, shard }) => progress.say(`shard ${shard}: ${step}`),
            }),
        );
        if (map === undefined) return;
        await announcer(settings, (text) => progress.say(text))?.(map);
        const from = BigInt(map.epochs.at(-1)!.from);
        print({ facts: { begins: begins(from), from, 'map version': map.version } });
      }),
    );
}

function addClose(epoch: Command): void {
  changeCommand(epoch, {
    syntax: 'close',
    summary: 'give up the epochs that the retention has emptied',
    examples: ['epoch close --dry-run', 'epoch close --yes'],
  })
    .option('--key-hours <n>', 'how long the application looks for a key', positive, KEY_HOURS)
    .action((flags: ChangeFlags & { keyHours: number }) =>
      operate(flags, async ({ cluster: all, settings, change, print, progress }) => {
        const cluster = await membersOf(all);
        const by = operatorName(flags.by);
        const from = await newestBegun(cluster);
        if (from === undefined) return print({ remarks: ['there is one epoch only: nothing to close'] });
        const map = await change(
          {
            action: 'epoch close',
            question: `Give up all epochs before the one that began at ${begins(from)}?`,
            arguments: { from },
          },
          () => closeEpochs(cluster, { from, keyLifetimeMs: flags.keyHours * 3_600_000, by }),
        );
        if (map === undefined) return;
        await announcer(settings, (text) => progress.say(text))?.(map);
        print({ facts: { epochs: map.epochs.length, 'map version': map.version } });
      }),
    );
}

/** The first number of the newest epoch that is active and not the only one. */
async function newestBegun(cluster: OperatorCluster): Promise<bigint | undefined> {
  const openings = await readOpenings(cluster);
  return openings.find(({ state }) => state === 'active')?.from;
}

function begins(from: bigint): string {
  return new Date(decodeNumber(from).timeMs).toISOString();
}
