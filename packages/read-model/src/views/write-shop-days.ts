import { setTimeout as sleep } from 'node:timers/promises';
import { numbersOfDay } from '@ordershard/shard-router';
import type { Collection, Db, RunCursorCommandOptions, Timestamp } from 'mongodb';
import { OrderViewBehindError, ViewRefusedError, ViewsUnavailableError } from '../errors.ts';
import {
  shopDay,
  type ShopDay,
  type ShopDayChange,
  shopDayId,
  type ShopDayOrder,
} from '../projections/shop-day.ts';
import { ORDER_VIEWS_PROJECTION, servingCollection } from './collections.ts';
import { orderViews } from './order-views.ts';
import { asVersion, readTimeOf } from './read-time.ts';
import { writeViews } from './write-views.ts';

/** How long to wait for order views that are behind their events, and how long to pause between two looks. Milliseconds. */
const PATIENCE_MS = 2_000;
const PAUSE_MS = 50;

/** How long the server may take to read the orders of a summary. Milliseconds. */
const READ_LIMIT_MS = 10_000;

/** Orders that the server returns at once. It cuts an answer of more than 16 MB by itself. */
const BATCH = 10_000;

/** Summaries that are computed at the same time. */
const SIDE_BY_SIDE = 4;

/** A summary, by what it is of. */
export type ShopDayKey = Pick<ShopDay, 'shopId' | 'day'>;

/** A change that no summary includes yet. */
export interface Unsummed {
  readonly index: number;
  readonly error: Error;
}

/**
 * Computes anew, from the order views, each summary that one of `changes` concerns. Stores it in `to` unless a summary that
 * knows more is there. Adds nothing up from events, so late, repeated and swapped events do no harm. Begins when the order
 * views are as far as the changes, or after some waiting. Returns the changes whose order view is still behind, and those
 * whose summary is refused.
 *
 * @throws ViewsUnavailableError
 */
export async function writeShopDays(
  db: Db,
  to: readonly Collection<ShopDay>[],
  changes: readonly ShopDayChange[],
): Promise<readonly Unsummed[]> {
  const orders = orderViews(db, await servingCollection(db, ORDER_VIEWS_PROJECTION).catch(unavailable));
  let behind = await behindOf(orders, changes);
  for (const end = performance.now() + PATIENCE_MS; behind.size > 0 && performance.now() < end;) {
    await sleep(PAUSE_MS);
    behind = await behindOf(orders, changes);
  }
  const refused = await computeShopDays(
    db,
    to,
    changes.filter((change) => !behind.has(change)),
  );
  return changes.flatMap((change, index) => {
    const error = behind.has(change)
      ? new OrderViewBehindError('the order view is not as far as the event yet')
      : refused.get(shopDayId(change));
    return error === undefined ? [] : [{ index, error }];
  });
}

/**
 * Computes summaries from the order views as these are now, and stores them in `to`. The version of a summary is the time at
 * which its order views were read. So of two summaries the one that has seen more stays, also when orders have gone since.
 * Returns the errors of the summaries that are refused, by their ids.
 *
 * @throws ViewsUnavailableError
 */
export async function computeShopDays(
  db: Db,
  to: readonly Collection<ShopDay>[],
  keys: readonly ShopDayKey[],
): Promise<ReadonlyMap<string, Error>> {
  const refused = new Map<string, Error>();
  const days = [...new Map(keys.map((key) => [shopDayId(key), key])).values()];
  const from = await servingCollection(db, ORDER_VIEWS_PROJECTION).catch(unavailable);
  for (let at = 0; at < days.length; at += SIDE_BY_SIDE) {
    const time = await readTimeOf(db).catch(unavailable);
    const computed = await Promise.all(
      days.slice(at, at + SIDE_BY_SIDE).map((key) => summaryOf(db, from, key, time)),
    );
    const summaries = computed.filter((one): one is ShopDay => !(one instanceof ViewRefusedError));
    for (const [i, one] of computed.entries())
      if (one instanceof ViewRefusedError) refused.set(shopDayId(days[at + i]!), one);
    for (const collection of to) {
      const written = await writeViews(collection, summaries);
      for (const { index, error } of written.refused) refused.set(summaries[index]!._id, error);
    }
  }
  return refused;
}

/**
 * Computes the summary of a shop's day from the order views of a time, which it reads along their index by shop and number.
 * Throws ViewsUnavailableError.
 */
async function summaryOf(
  db: Db,
  from: string,
  { shopId, day }: ShopDayKey,
  time: Timestamp,
): Promise<ShopDay | ViewRefusedError> {
  const { first, next } = numbersOfDay(Date.parse(day));
  const command = {
    find: from,
    filter: { shopId, _id: { $gte: first, $lt: next } },
    projection: { _id: 0, status: 1, currency: 1, total: 1 },
    batchSize: BATCH,
    readConcern: { level: 'snapshot', atClusterTime: time },
    maxTimeMS: READ_LIMIT_MS,
  };
  // The driver's own `find` cannot be given a time. A command's cursor takes options of BSON, though its type has none.
  const options = { useBigInt64: true } as RunCursorCommandOptions;
  const found = (await db
    .runCursorCommand(command, options)
    .setBatchSize(BATCH)
    .toArray()
    .catch(unavailable)) as ShopDayOrder[];
  try {
    return shopDay({ shopId, day }, asVersion(time), found);
  } catch (cause) {
    return new ViewRefusedError(`the summary cannot be: ${(cause as Error).message}`, { cause });
  }
}

/** Returns the changes whose order view is older or missing. */
async function behindOf(
  orders: ReturnType<typeof orderViews>,
  changes: readonly ShopDayChange[],
): Promise<Set<ShopDayChange>> {
  const found = await orders
    .find({ _id: { $in: changes.map(({ number }) => number) } })
    .project<{ _id: bigint; version: number }>({ version: 1 })
    .toArray()
    .catch(unavailable);
  const versions = new Map(found.map(({ _id, version }) => [_id, version]));
  return new Set(changes.filter(({ number, version }) => (versions.get(number) ?? 0) < version));
}

function unavailable(cause: unknown): never {
  throw new ViewsUnavailableError(`order views cannot be read: ${(cause as Error).message}`, { cause });
}
