import { setTimeout as sleep } from 'node:timers/promises';
import { numbersOfDay } from '@ordershard/shard-router';
import type { Collection, Db } from 'mongodb';
import { OrderViewBehindError, ViewsUnavailableError } from '../errors.ts';
import { shopDay, type ShopDay, type ShopDayChange, type ShopDayOrder } from '../projections/shop-day.ts';
import { ORDER_VIEWS_PROJECTION, servingCollection } from './collections.ts';
import { orderViews } from './order-views.ts';
import { writeViews } from './write-views.ts';

/** How long order views that are not as far as their events yet are waited for, and how long between two looks. */
const PATIENCE_MS = 2_000;
const PAUSE_MS = 50;

/** Summaries that are computed at the same time. */
const SIDE_BY_SIDE = 4;

/** A change that no summary knows of yet. */
export interface Unsummed {
  readonly index: number;
  readonly error: OrderViewBehindError;
}

/**
 * Computes anew, from the order views, each summary that one of `changes` concerns, and stores it in `to` unless one that
 * knows more is there. Nothing is added up from events, so late, repeated and swapped ones do no harm. Summaries begin
 * when the order views are as far as the changes; gives those changes whose order view is not, after some waiting.
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
  const settled = changes.filter((change) => !behind.has(change));
  const days = [...new Map(settled.map((change) => [`${change.day}/${change.shopId}`, change])).values()];
  for (let from = 0; from < days.length; from += SIDE_BY_SIDE) {
    const summaries = await Promise.all(
      days.slice(from, from + SIDE_BY_SIDE).map(({ shopId, day }) => summaryOf(orders, shopId, day)),
    );
    for (const collection of to) await writeViews(collection, summaries);
  }
  return changes.flatMap((change, index) =>
    behind.has(change)
      ? [{ index, error: new OrderViewBehindError('the order view is not as far as the event yet') }]
      : [],
  );
}

/** The summary of a shop's day, from the order views: along their index by shop and number. Throws ViewsUnavailableError. */
export async function summaryOf(
  orders: ReturnType<typeof orderViews>,
  shopId: string,
  day: string,
): Promise<ShopDay> {
  const { first, next } = numbersOfDay(Date.parse(day));
  const found = await orders
    .find({ shopId, _id: { $gte: first, $lt: next } })
    .project<ShopDayOrder>({ _id: 0, version: 1, status: 1, currency: 1, total: 1 })
    .toArray()
    .catch(unavailable);
  return shopDay(shopId, day, found);
}

/** Changes whose order views are older, or not there. */
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
