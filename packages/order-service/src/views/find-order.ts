import type { OrderSnapshot } from '@ordershard/order-events';
import type { ShardRouter } from '@ordershard/shard-router';
import type { ArchivedOrders } from '../archive/archived-orders.ts';
import { maySee, type Caller } from '../commands/caller.ts';
import { OrderNotFoundError } from '../orders/errors.ts';
import { toSnapshot } from '../orders/snapshot.ts';
import { readOrder } from '../repository/orders.ts';
import { awaitViews } from './await-views.ts';
import {
  VersionNotReachedError,
  ViewBehindError,
  ViewsBehindReaderError,
  ViewsUnavailableError,
} from './errors.ts';
import type { OrderViews } from './order-views.ts';
import { Reader } from './reader.ts';

export interface QueryParts {
  readonly views: OrderViews;
  readonly router: Pick<ShardRouter, 'readRows'>;
  /** The archive of orders past their retention, if there is one. */
  readonly archive?: ArchivedOrders | undefined;
}

/** An order that was found. */
export interface FoundOrder extends OrderSnapshot {
  /** When the order was archived, RFC 3339 UTC. Set only if it comes from the archive, where it cannot be changed. */
  readonly archivedAt?: string;
}

/** How new the order must be that a read returns. */
export interface Freshness {
  /** The least version. */
  readonly minVersion: number;
  /** How long the read waits for the view before it asks the shard. Milliseconds. */
  readonly waitMs: number;
}

const ANY: Freshness = { minVersion: 1, waitMs: 0 };

/**
 * Finds an order that the caller may see. Returns its view; if the view is not new enough or cannot be read, the order itself
 * from the shard that owns it; if the order is past its retention and has no view, the archived order. Never returns an older
 * version than the reader has seen.
 *
 * @throws OrderNotFoundError when the number belongs to no order, or to someone else's
 * @throws VersionNotReachedError when the order itself has not reached the version
 * @throws ViewBehindError when the view is not new enough, and the shard does not answer
 * @throws ViewsUnavailableError, ViewsBehindReaderError when the view cannot be read, and the order is on no shard though the
 *   reader has seen it
 * @throws the router's errors
 */
export async function findOrder(
  { views, router, archive }: QueryParts,
  caller: Caller,
  number: bigint,
  { minVersion: asked, waitMs }: Freshness = ANY,
  reader: Reader = new Reader(),
): Promise<FoundOrder> {
  const { clock } = reader;
  const seen = reader.versionOf(number);
  const minVersion = Math.max(asked, seen);
  let cannot: unknown;
  const orNone = async <T>(reading: Promise<T>): Promise<T | undefined> => {
    try {
      return await reading;
    } catch (error) {
      if (!(error instanceof ViewsUnavailableError || error instanceof ViewsBehindReaderError)) throw error;
      cannot = error;
      return undefined;
    }
  };
  let view = await orNone(views.find(number, clock));
  // The owner of an order never changes, so a view tells it, however old it is.
  if (view !== undefined && !maySee(caller, view)) throw new OrderNotFoundError(number);
  if (waitMs > 0 && cannot === undefined && (view?.version ?? 0) < minVersion) {
    const left = await orNone(awaitViews(views, [{ number, version: minVersion }], waitMs, undefined, clock));
    if (left?.length === 0) view = await orNone(views.find(number, clock));
  }
  const isInView = view !== undefined && view.version >= minVersion;
  const order: FoundOrder | undefined = isInView
    ? view
    : await onShard(router, number, view, minVersion, archive);
  // The order may have only its view left, which cannot be read now. A reader that has seen the order is not told that there
  // is none.
  if (order === undefined && seen > 0 && cannot !== undefined) throw cannot;
  if (order === undefined || !maySee(caller, order)) throw new OrderNotFoundError(number);
  if (order.version < minVersion) throw new VersionNotReachedError(number, order.version, minVersion);
  if (isInView) reader.sawInViews({ number, version: order.version });
  else if (order.archivedAt === undefined) reader.sawOnShard(order);
  return order;
}

/** Returns the order from its shard; for an order that lives on no shard any more, its view or the archived order. */
async function onShard(
  router: QueryParts['router'],
  number: bigint,
  view: OrderSnapshot | undefined,
  minVersion: number,
  archive: ArchivedOrders | undefined,
): Promise<FoundOrder | undefined> {
  try {
    const stored = await readOrder(router, number);
    if (stored !== undefined) return toSnapshot(stored.order);
    if (view !== undefined) return view;
    const archived = await archive?.find(number);
    return archived === undefined ? undefined : { ...archived.snapshot, archivedAt: archived.archivedAt };
  } catch (cause) {
    if (view === undefined || (cause as { retryable?: unknown }).retryable !== true) throw cause;
    throw new ViewBehindError(`${number}-${minVersion}`, { cause });
  }
}
