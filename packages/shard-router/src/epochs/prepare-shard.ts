import type { ShardSession } from '../pools/session.ts';
import {
  type FenceTable,
  countFences,
  hasNumbersFrom,
  insertCutFences,
  insertCutKeyFences,
  type LastFence,
  lockFences,
  moveEnd,
} from '../sql/epoch-fences.ts';
import { lockOpening } from '../sql/epoch-openings.ts';
import { inTransaction } from '../sql/transaction.ts';
import { NUMBERS_END } from '../topology/map.ts';
import { EpochAbortedError, EpochRefusedError } from './errors.ts';

/** How many buckets one transaction cuts. Writes of these buckets wait until it ends, a few milliseconds. */
const BATCH = 64;
const REST_MS = 20;

/** The epoch for which a shard gets ready. */
export interface NewEpoch {
  readonly from: bigint;
  readonly owners: readonly number[];
  readonly keyOwners: readonly number[];
  readonly keyGeneration: number;
}

export interface PrepareOptions {
  /** Tables partitioned by number, in which the preparation looks for numbers of the epoch. */
  readonly tables: readonly string[];
  /** Called in each transaction; an error that it throws ends the preparation. */
  readonly check: (session: ShardSession) => Promise<void>;
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
}

/**
 * Commits the upper end of a shard's fences: its last range ends where the epoch begins, and nobody may write in the range
 * above until the epoch is decided. The owner of the last range keeps the new one too, shut and promised to the next owner,
 * so that every number stays readable in just one place. Buckets that a long transaction holds are tried again later; they do
 * not hold up the others. Can be run again.
 *
 * @throws EpochAbortedError when the opening was aborted in the meantime, or a bucket could not be locked in time
 * @throws EpochRefusedError when a bucket is being moved, or rows with numbers of the epoch exist already
 */
export async function prepareShard(
  session: ShardSession,
  epoch: NewEpoch,
  options: PrepareOptions,
): Promise<void> {
  await cutAll(session, 'bucket_fences', epoch, options);
  await cutAll(session, 'key_fences', epoch, options);
  // Nobody can write a number of the epoch any more. This check sees every number that was written before.
  for (const table of options.tables) {
    if (!(await hasNumbersFrom(session, table, epoch.from))) continue;
    throw new EpochRefusedError(`shard ${session.shard} has numbers of the epoch already, in ${table}`);
  }
}

async function cutAll(
  session: ShardSession,
  table: FenceTable,
  epoch: NewEpoch,
  { check, deadline }: PrepareOptions,
): Promise<void> {
  for (;;) {
    const cut = await inTransaction(session, async () => {
      await check(session);
      return cutSome(session, table, epoch);
    });
    if (cut > 0) continue;
    const left = await countFences(session, table, { below: epoch.from, to: NUMBERS_END });
    if (left === 0) return;
    if (performance.now() > deadline) {
      throw new EpochAbortedError(
        `shard ${session.shard}: transactions hold ${left} buckets (${table}) and did not end in time`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
  }
}

/** Cuts up to `BATCH` fences that no other transaction has locked. Returns how many it has cut. */
async function cutSome(session: ShardSession, table: FenceTable, epoch: NewEpoch): Promise<number> {
  const opening = await lockOpening(session, epoch.from, 'share');
  if (opening?.state !== 'preparing') {
    throw new EpochAbortedError(`shard ${session.shard}: the opening of the epoch was aborted`);
  }
  const fences = await lockFences(session, table, {
    below: epoch.from,
    to: NUMBERS_END,
    limit: BATCH,
  });
  if (fences.length === 0) return 0;
  for (const { bucket, state } of fences) {
    if (state !== 'owned' && state !== 'moved')
      throw new EpochRefusedError(`shard ${session.shard}: bucket ${bucket} is ${state}: it is being moved`);
  }
  const buckets = fences.map(({ bucket }) => bucket);
  await moveEnd(session, table, buckets, { from: NUMBERS_END, to: epoch.from });
  if (table === 'bucket_fences') await insertCutFences(session, epoch.from, fences.map(shut(epoch)));
  else {
    const next = fences.map(({ bucket }) => {
      const owner = epoch.keyOwners[bucket]!;
      return owner === session.shard
        ? { bucket, state: 'frozen' as const, next_owner: null }
        : { bucket, state: 'moved' as const, next_owner: owner };
    });
    await insertCutKeyFences(session, epoch.from, epoch.keyGeneration, next);
  }
  return fences.length;
}

/**
 * Returns the fence above a cut. It is like the one below; but if that is owned, the new one is shut for writes and promised
 * to the next owner.
 */
const shut =
  ({ owners }: NewEpoch) =>
  ({ bucket, state, generation, next_owner: next, readable_from: readable }: LastFence) => ({
    bucket,
    state,
    generation,
    next_owner: state === 'owned' ? owners[bucket]! : next,
    writableFrom: state === 'owned' ? NUMBERS_END : BigInt(readable),
    readableFrom: BigInt(readable),
  });
