import type { OrderSnapshot } from '@ordershard/order-events';
import type { ShardRouter } from '@ordershard/shard-router';
import { mayBeOrder } from '../orders/may-be-order.ts';
import { toSnapshot } from '../orders/snapshot.ts';
import { readOrder } from '../repository/orders.ts';
import { awaitViews } from './await-views.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { VersionNotReachedError, ViewBehindError } from './errors.ts';
import type {
  OrderPage,
  OrderSearch,
  OrderVersion,
  OrderViews,
  OwnerOfOrders,
  PageRequest,
} from './order-views.ts';
import type { Reader } from './reader.ts';

export interface ListParts {
  readonly views: OrderViews;
  readonly router: Pick<ShardRouter, 'readRows'>;
  readonly now: () => Date;
}

/** What a list must have. */
export interface ListFreshness {
  /** Orders of the list's owner, each with the least version that the list must have. */
  readonly atLeast: readonly OrderVersion[];
  /** How long the list waits for the views before it asks shards. Milliseconds. */
  readonly waitMs: number;
  /** Called with the number of orders that are about to be read from shards; may throw. */
  readonly charge: (orders: number) => void;
}

/** How long a list waits at most for orders that its reader has seen, when it names none in `atLeast`. Milliseconds. */
const READER_WAIT_MS = 500;

/**
 * Returns a page of the orders that match a search, the newest first. The page is as new as `atLeast` asks for, and as what
 * the reader has seen: orders whose views are behind are read from their shards and put into their places.
 *
 * @throws ViewBehindError for an order of `atLeast` that is not the owner's, or when its shard does not answer
 * @throws VersionNotReachedError for an order that has not reached its version
 * @throws ViewsUnavailableError, ViewsBehindReaderError, InvalidCursorError; the router's errors
 */
export async function listOrders(
  { views, router, now }: ListParts,
  reader: Reader,
  what: OrderSearch,
  page: PageRequest,
  { atLeast, waitMs, charge }: ListFreshness,
): Promise<OrderPage> {
  const { owner } = what;
  const named = new Set(atLeast.map(({ number }) => number));
  const wanted = leastOf([...atLeast, ...reader.ahead(owner)]);
  const patience = atLeast.length > 0 ? waitMs : Math.min(waitMs, READER_WAIT_MS);
  const behind = wanted.length === 0 ? [] : await awaitViews(views, wanted, patience, owner, reader.clock);
  const found = await views.search(what, page, reader.clock);
  const isBehind = new Set(behind.map(({ number }) => number));
  for (const order of wanted) if (!isBehind.has(order.number)) reader.sawInViews(order);
  if (behind.length === 0) return found;

  charge(behind.length);
  const read = await Promise.all(behind.map((order) => onShard(router, order, now())));
  const theirs: OrderSnapshot[] = [];
  const missing: OrderVersion[] = [];
  for (const [at, order] of read.entries()) {
    // Orders of other owners count as missing, so that nobody learns their versions.
    if (order === undefined || !isOf(order, owner)) missing.push(behind[at]!);
    else theirs.push(order);
  }
  const refused = missing.filter(({ number }) => named.has(number));
  if (refused.length > 0) throw new ViewBehindError(refused.map(textOf).join(', '));
  for (const order of theirs) {
    const least = behind.find(({ number }) => number === BigInt(order.number))!;
    if (order.version < least.version)
      throw new VersionNotReachedError(least.number, order.version, least.version);
    reader.sawOnShard(order);
  }
  return withOrders(found, theirs, what, page);
}

/** Returns each order once, at its greatest version. */
function leastOf(orders: readonly OrderVersion[]): readonly OrderVersion[] {
  const least = new Map<bigint, OrderVersion>();
  for (const { number, version } of orders) {
    if (version > (least.get(number)?.version ?? 0)) least.set(number, { number, version });
  }
  return [...least.values()];
}

async function onShard(
  router: ListParts['router'],
  order: OrderVersion,
  now: Date,
): Promise<OrderSnapshot | undefined> {
  if (!mayBeOrder(order.number, now)) return undefined;
  try {
    const stored = await readOrder(router, order.number);
    return stored === undefined ? undefined : toSnapshot(stored.order);
  } catch (cause) {
    if ((cause as { retryable?: unknown }).retryable !== true) throw cause;
    throw new ViewBehindError(textOf(order), { cause });
  }
}

const textOf = ({ number, version }: OrderVersion) => `${number}-${version}`;

function isOf(order: OrderSnapshot, owner: OwnerOfOrders | undefined): boolean {
  if (owner === undefined) return true;
  return 'memberId' in owner ? order.memberId === owner.memberId : order.shopId === owner.shopId;
}

/**
 * Returns the page with these orders in place of their views. Orders beyond the end of the page, and orders for which it then
 * has no room, are left to later pages.
 */
export function withOrders(
  { orders, nextCursor }: OrderPage,
  newer: readonly OrderSnapshot[],
  { statuses, from, to }: OrderSearch,
  { limit, cursor }: PageRequest,
): OrderPage {
  const replaced = new Set(newer.map(({ number }) => number));
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const end = nextCursor === undefined ? undefined : decodeCursor(nextCursor);
  const here = newer.filter(({ number: text, status }) => {
    const number = BigInt(text);
    return (
      (after === undefined || number < after) &&
      (end === undefined || number >= end) &&
      (from === undefined || number >= from) &&
      (to === undefined || number < to) &&
      (statuses === undefined || statuses.includes(status))
    );
  });
  const merged = [...orders.filter(({ number }) => !replaced.has(number)), ...here].toSorted((a, b) =>
    BigInt(a.number) < BigInt(b.number) ? 1 : -1,
  );
  const shown = merged.slice(0, limit);
  const cut = merged.length > limit ? encodeCursor(BigInt(shown.at(-1)!.number)) : nextCursor;
  return cut === undefined ? { orders: shown } : { orders: shown, nextCursor: cut };
}
