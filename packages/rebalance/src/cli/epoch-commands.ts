import {
  abortEpoch,
  clusterState,
  decodeNumber,
  EpochRefusedError,
  type EpochRange,
  epochRanges,
  readOpenings,
  settleEpochs,
  type ShardMap,
} from '@ordershard/shard-router';
import type { Command } from 'commander';
import type { OperatorCluster } from '../cluster.ts';
import { checkOldEpochs, closeOldEpochs } from '../epochs/close-old-epochs.ts';
import { planEpoch } from '../epochs/open-next-epoch.ts';
import { checkNextWithdrawal, withdrawNextEpoch } from '../epochs/withdraw-next-epoch.ts';
import { proveOwnership } from '../ownership/proof.ts';
import { announcer } from './announce.ts';
import { secondsAhead, wholeWithin } from './arguments.ts';
import { changeCommand, type ChangeFlags, type CommonFlags, lookCommand } from './command.ts';
import { type WishFlags, withWishes } from './move-flags.ts';
import { beginOf, beginText, IN_HELP, openAnnounced } from './open-announced.ts';
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
    look(flags, 'every member', async ({ cluster, print }) => {
      const { pending } = await settleEpochs(cluster, operatorName('status'));
      const openings = await readOpenings(cluster);
      print({
        none: 'no epoch was opened: all numbers go by the first assignment',
        rows: openings.map((opening) => ({
          begins: beginText(opening.from),
          from: String(opening.from),
          state: opening.state,
          'every shard': opening.settled ? 'yes' : 'no',
          'map version': opening.mapVersion,
          'opened by': opening.openedBy,
          'opened at (UTC)': opening.openedAt.slice(0, 19),
        })),
        ...(pending === 0
          ? {}
          : { remarks: ['One is not decided. It is aborted by itself, or by `epoch abort`.'] }),
      });
    }),
  );
  addAbort(epoch);
  addClose(epoch);
}

function addAbort(epoch: Command): void {
  changeCommand(epoch, {
    syntax: 'abort',
    summary: 'abort the epoch that is being opened, or take back one that has not begun',
    description:
      'The epoch before it goes on as if nothing had been opened. Needs every shard, and 20 s until it would begin. One ' +
      'that has begun is final: another one changes what follows it.',
    examples: ['epoch abort --dry-run', 'epoch abort --yes'],
  }).action((flags: ChangeFlags) =>
    operate(flags, async ({ cluster, settings, change, print, progress }) => {
      const by = operatorName(flags.by);
      await settleEpochs(cluster, by);
      const openings = await readOpenings(cluster);
      const opening = openings.find(({ state }) => state === 'preparing');
      if (opening !== undefined) {
        await proveOwnership(cluster);
        const question = `Abort the epoch that was to begin at ${beginText(opening.from)}?`;
        await change({ action: 'epoch abort', question, arguments: { from: opening.from } }, () =>
          abortEpoch(cluster, opening.from, by),
        );
        return;
      }
      const newest = openings.find(({ state }) => state === 'active');
      const { map, nowMs } = await clusterState(cluster);
      if (newest === undefined || decodeNumber(newest.from).timeMs <= nowMs) {
        print({
          remarks: [
            'No epoch is being opened, and none is to begin. The newest one is changed by another: `drain`, `undrain`, `epoch open`.',
          ],
          json: {},
        });
        return;
      }
      const { from } = newest;
      await checkNextWithdrawal(cluster, { from, by });
      const taken = changedBy(map);
      const next = await change(
        {
          action: 'epoch abort',
          question:
            `Take back the epoch that is to begin at ${beginText(from)} ` +
            `(${taken.numbers} buckets of numbers and ${taken.keys} of keys stay with their owners of now)?`,
          arguments: { from, mapVersion: map.version, ...taken },
          takes: cluster.shards,
        },
        () => withdrawNextEpoch(cluster, { from, by }),
      );
      if (next === undefined) return;
      await announcer(settings, (text) => progress.say(text))?.(next);
      print({ facts: { epochs: next.epochs.length, 'map version': next.version } });
    }),
  );
}

/** How many buckets the newest epoch of a map gives another owner. */
function changedBy(map: ShardMap): { readonly numbers: number; readonly keys: number } {
  const [before, newest] = epochRanges(map).slice(-2) as [EpochRange, EpochRange];
  const changed = (of: 'owners' | 'keyOwners') =>
    newest[of].filter((owner, bucket) => owner !== before[of][bucket]).length;
  return { numbers: changed('owners'), keys: changed('keyOwners') };
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
    .option('--in <seconds>', IN_HELP, secondsAhead, 90)
    .action((flags: ChangeFlags & WishFlags & { in: number }) =>
      operate(flags, async (operation) => {
        const wishes = { empty: flags.empty, weights: flags.weight };
        const next = await planEpoch(operation.cluster, wishes);
        const { map: before, changed, owners } = next;
        const shares = [...Map.groupBy(owners, (owner) => owner)]
          .toSorted(([a], [b]) => a - b)
          .map(([shard, buckets]) => `shard ${shard}: ${buckets.length}`);
        const map = await openAnnounced(operation, next, {
          action: 'epoch open',
          question:
            `Open an epoch that begins in ${flags.in} s, with ${shares.join(', ')} of ${before.bucketCount} buckets ` +
            `(${changed.numbers} of numbers and ${changed.keys} of keys get another owner)?`,
          arguments: { in: flags.in, mapVersion: before.version, changed },
          wishes,
        });
        if (map === undefined) return;
        operation.print({
          facts: {
            begins: beginOf(map),
            from: map.epochs.at(-1)!.from,
            'map version': map.version,
          },
          remarks: ['Until it begins `epoch abort` takes it back.'],
        });
      }),
    );
}

function addClose(epoch: Command): void {
  changeCommand(epoch, {
    syntax: 'close',
    summary: 'give up the epochs that the retention has emptied',
    examples: ['epoch close --dry-run', 'epoch close --yes'],
  })
    .option('--key-hours <n>', 'how long the application looks for a key', wholeWithin(1, 8_760), KEY_HOURS)
    .action((flags: ChangeFlags & { keyHours: number }) =>
      operate(flags, async ({ cluster, settings, change, print, progress }) => {
        const by = operatorName(flags.by);
        const keyLifetimeMs = flags.keyHours * 3_600_000;
        const closable = await newestClosable(cluster, { keyLifetimeMs, by });
        if (closable === undefined)
          return print({ remarks: ['There is one epoch only: nothing to close.'], json: {} });
        const { from, map: before } = closable;
        const close = { from, keyLifetimeMs, by };
        const gone = before.epochs.filter((each) => BigInt(each.from) < from).length;
        const map = await change(
          {
            action: 'epoch close',
            question: `Give up ${gone === 1 ? 'the epoch' : `${gone} epochs`} before the one that began at ${beginText(from)}?`,
            arguments: { from, gone },
            takes: cluster.shards,
          },
          () => closeOldEpochs(cluster, close),
        );
        if (map === undefined) return;
        await announcer(settings, (text) => progress.say(text))?.(map);
        print({ facts: { epochs: map.epochs.length, 'map version': map.version } });
      }),
    );
}

/**
 * The newest epoch before which all others can be given up, and the map of now; undefined when there is one epoch.
 *
 * @throws EpochRefusedError saying what is in the way of the oldest
 */
async function newestClosable(
  cluster: OperatorCluster,
  options: { readonly keyLifetimeMs: number; readonly by: string },
): Promise<{ readonly from: bigint; readonly map: ShardMap } | undefined> {
  const { map } = await clusterState(cluster);
  const begins = map.epochs.slice(1).map((epoch) => BigInt(epoch.from));
  let refused: EpochRefusedError | undefined;
  for (const from of begins.toReversed()) {
    try {
      return { from, map: await checkOldEpochs(cluster, { from, ...options }) };
    } catch (error) {
      if (!(error instanceof EpochRefusedError)) throw error;
      refused = error;
    }
  }
  if (refused !== undefined) throw refused;
  return undefined;
}
