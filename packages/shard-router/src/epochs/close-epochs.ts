import { DuplicateRowError } from '../errors.ts';
import { decodeNumber } from '../ids/snowflake.ts';
import type { ShardSession } from '../pools/session.ts';
import { changeOpening, changeOpeningMap, listOpenings, readOpening } from '../sql/epoch-openings.ts';
import { countReadableBelow } from '../sql/fold-fences.ts';
import { insertMap } from '../sql/shard-maps.ts';
import { inTransaction } from '../sql/transaction.ts';
import { type ShardMap, withoutEpochsBelow } from '../topology/map.ts';
import { clusterState } from './cluster-state.ts';
import { arbiterOf, type EpochCluster, type EpochOpening } from './epoch-cluster.ts';
import { EpochRefusedError } from './errors.ts';
import { follow, settleEpochs } from './settle-epochs.ts';

export interface CloseEpochsOptions {
  /** The first number of the epoch that becomes the earliest one. */
  readonly from: bigint;
  /** How long the application looks for a key after it was written, milliseconds. */
  readonly keyLifetimeMs: number;
  /** Who does it, for the books. */
  readonly by: string;
  /** Called in the transaction that decides; throws when the epochs must not be closed. */
  readonly check?: (session: ShardSession) => Promise<void>;
}

/** Keys may be written this much later than the time of their number, and clocks differ. */
const KEY_MARGIN_MS = 15 * 60_000;

/**
 * Closes the epochs before `from`, which the retention has emptied. The epoch that begins at `from` then covers their numbers
 * too, and the shard map no longer contains them. Orders that were carried over stay where they are.
 *
 * @returns the shard map without them
 * @throws EpochRefusedError when numbers before `from` can still be read on a shard, or their keys are still alive
 * @throws ShardUnavailableError when a shard does not answer: all of them are needed
 */
export async function closeEpochs(
  cluster: EpochCluster,
  { from, keyLifetimeMs, by, check }: CloseEpochsOptions,
): Promise<ShardMap> {
  const map = await checkClosing(cluster, { from, keyLifetimeMs, by });
  const next = withoutEpochsBelow(map, from);
  const opening = await cluster.onShard(arbiterOf(cluster), (session) =>
    inTransaction(session, async () => {
      await check?.(session);
      const change = { expected: 'active', state: 'closing', by } as const;
      if (!(await changeOpening(session, from, change)))
        throw new EpochRefusedError(`the epoch at ${from} is not active`);
      await changeOpeningMap(session, from, next, cluster.shards);
      await insertMap(session, next).catch((cause: unknown) => {
        if (!(cause instanceof DuplicateRowError)) throw cause;
        throw new EpochRefusedError('another version of the shard map was published meanwhile', { cause });
      });
      return readOpening(session, from);
    }),
  );
  await follow(cluster, opening!, 'closing', by);
  return next;
}

/**
 * Checks whether the epochs before `from` could be closed. Changes nothing, except that shards carry out earlier decisions on
 * epochs.
 *
 * @returns the current shard map
 * @throws EpochRefusedError, ShardUnavailableError as {@link closeEpochs} does
 */
export async function checkClosing(
  cluster: EpochCluster,
  { from, keyLifetimeMs, by }: Omit<CloseEpochsOptions, 'check'>,
): Promise<ShardMap> {
  const { pending } = await settleEpochs(cluster, by);
  if (pending > 0) throw new EpochRefusedError('an epoch is being opened: wait for it, or abort it');
  const { map, nowMs } = await clusterState(cluster);
  const left = map.epochs.find((epoch) => epoch.from === from.toString());
  if (left === undefined) throw new EpochRefusedError(`no epoch begins at ${from}`);
  const keysUntil = decodeNumber(from).timeMs + keyLifetimeMs + KEY_MARGIN_MS;
  if (keysUntil > nowMs) {
    throw new EpochRefusedError(`keys of the epoch before live until ${new Date(keysUntil).toISOString()}`);
  }
  for (const shard of cluster.shards) {
    const readable = await cluster.onShard(shard, (session) =>
      countReadableBelow(session, from, left.owners),
    );
    if (readable > 0)
      throw new EpochRefusedError(
        `shard ${shard} still has numbers of the epoch before: its retention is not over`,
      );
  }
  return map;
}

/** Returns the openings of a cluster, newest first, as the deciding shard has them. */
export async function readOpenings(cluster: EpochCluster): Promise<readonly EpochOpening[]> {
  const rows = await cluster.onShard(arbiterOf(cluster), listOpenings);
  return rows.map((row) => ({
    from: BigInt(row.epoch_from),
    state: row.state,
    settled: row.settled === 1 && row.withdraw_until === null,
    mapVersion: row.map_version,
    openedBy: row.opened_by,
    openedAt: row.opened_at,
    decidedBy: row.decided_by ?? undefined,
    decidedAt: row.decided_at ?? undefined,
  }));
}
