import type { ShardSession } from '../pools/session.ts';
import {
  countFences,
  deleteCutFences,
  type FenceTable,
  giveCutFences,
  lockFences,
  moveEnd,
  openCutKeyFences,
} from '../sql/epoch-fences.ts';
import { changeOpening, insertAborted, type OpeningRow, readOpening } from '../sql/epoch-openings.ts';
import { insertMap } from '../sql/shard-maps.ts';
import { inTransaction } from '../sql/transaction.ts';
import { DuplicateRowError } from '../errors.ts';
import { EpochRefusedError } from './errors.ts';
import { type EpochRange, NUMBERS_END, type ShardMap } from '../topology/map.ts';

const BATCH = 64;
const REST_MS = 20;

/**
 * Opens the range above a cut, in the caller's open transaction: gives each bucket's numbers to their owner and its keys to
 * theirs, and stores the map that says so.
 */
export async function openAbove(session: ShardSession, map: ShardMap, epoch: EpochRange): Promise<void> {
  const byOwner = Map.groupBy(
    epoch.owners.map((owner, bucket) => ({ owner, bucket })),
    ({ owner }) => owner,
  );
  for (const [owner, cells] of byOwner) {
    await giveCutFences(
      session,
      epoch.from,
      owner,
      cells.map(({ bucket }) => bucket),
    );
  }
  await openCutKeyFences(session, epoch.from);
  await storeMap(session, map);
}

/** Stores a map unless the shard has its version already. */
export async function storeMap(session: ShardSession, map: ShardMap): Promise<void> {
  await insertMap(session, map).catch((error: unknown) => {
    if (!(error instanceof DuplicateRowError)) throw error;
  });
}

/** Makes a prepared shard follow the decision to open. Can be run again. */
export async function followActive(
  session: ShardSession,
  map: ShardMap,
  epoch: EpochRange,
  by: string,
): Promise<void> {
  await inTransaction(session, async () => {
    const change = { expected: 'preparing', state: 'active', by } as const;
    if (await changeOpening(session, epoch.from, change)) await openAbove(session, map, epoch);
    else await storeMap(session, map);
  });
}

/**
 * Makes a shard follow the decision to abort: its fences become what they were before. Can be run again, and also before a
 * preparation.
 *
 * @param map the map of the opening; when an active epoch is withdrawn, the map without it
 */
export async function followAborted(
  session: ShardSession,
  opening: OpeningRow,
  by: string,
  map: ShardMap,
): Promise<void> {
  const from = BigInt(opening.epoch_from);
  await insertAborted(session, opening);
  // Waits for a preparation whose transaction still runs; no new one can begin.
  await changeOpening(session, from, { expected: 'preparing', state: 'aborted', by });
  const isWithdrawn = map.epochs.every((epoch) => epoch.from !== opening.epoch_from);
  if (isWithdrawn) await changeOpening(session, from, { expected: 'active', state: 'aborted', by });
  const now = await readOpening(session, from);
  // The deciding shard has forgotten its decision, for example because it was restored.
  if (now !== undefined && now.state !== 'aborted')
    throw new EpochRefusedError(
      `the epoch at ${from} is ${now.state} on shard ${session.shard}, and cannot be aborted there`,
    );
  for (const table of ['key_fences', 'bucket_fences'] as const) await joinAll(session, table, from);
  if (isWithdrawn) await storeMap(session, map);
}

async function joinAll(session: ShardSession, table: FenceTable, from: bigint): Promise<void> {
  while ((await countFences(session, table, { below: from, to: from })) > 0) {
    const joined = await inTransaction(session, async () => {
      const fences = await lockFences(session, table, { below: from, to: from, limit: BATCH });
      if (fences.length === 0) return 0;
      const buckets = fences.map(({ bucket }) => bucket);
      await deleteCutFences(session, table, from, buckets);
      await moveEnd(session, table, buckets, { from, to: NUMBERS_END });
      return buckets.length;
    });
    if (joined === 0) await new Promise((resolve) => setTimeout(resolve, REST_MS));
  }
}
