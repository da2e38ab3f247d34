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
  /** Where orders past their retention are, if they are kept. */
  readonly archive?: ArchivedOrders | undefined;
}

/** An order that was found. */
export interface FoundOrder extends OrderSnapshot {
  /** Set when it comes from the archive: when it was archived, RFC 3339 UTC. It cannot be changed there. */
  readonly archivedAt?: string;
}

/** How new an order must be that is read. */
export interface Freshness {
  /** The least version. */
  readonly minVersion: number;
  /** How long the view is waited for before the shard is asked. Milliseconds. */
  readonly waitMs: number;
}

const ANY: Freshness = { minVersion: 1, waitMs: 0 };

/**
 * Finds an order that the caller may know of: its view, or where that is not new enough, or cannot be read, the order
 * itself, from the shard that owns it; past its retention and without a view, as it was archived. Nothing older is found
 * than the reader has seen.
 *
 * @throws OrderNotFoundError for a number of no order, or of someone else's
 * @throws VersionNotReachedError when the order itself has not had the version
 * @throws ViewBehindError when the view is not new enough, and the shard does not answer
 * @throws ViewsUnavailableError, ViewsBehindReaderError when the order is on no shard, and was seen by the reader
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
  // Whose an order is never changes: a view tells, however old it is.
  if (view !== undefined && !maySee(caller, view)) throw new OrderNotFoundError(number);
  if (waitMs > 0 && cannot === undefined && (view?.version ?? 0) < minVersion) {
    const left = await orNone(awaitViews(views, [{ number, version: minVersion }], waitMs, undefined, clock));
    if (left?.length === 0) view = await orNone(views.find(number, clock));
  }
  const isInView = view !== undefined && view.version >= minVersion;
  const order: FoundOrder | undefined = isInView
    ? view
    : await onShard(router, number, view, minVersion, archive);
  // It may have no more than a view, which cannot be read now: who has seen it is not told that it is not there.
  if (order === undefined && seen > 0 && cannot !== undefined) throw cannot;
  if (order === undefined || !maySee(caller, order)) throw new OrderNotFoundError(number);
  if (order.version < minVersion) throw new VersionNotReachedError(number, order.version, minVersion);
  if (isInView) reader.sawInViews({ number, version: order.version });
  else if (order.archivedAt === undefined) reader.sawOnShard(order);
  return order;
}

/** The order from its shard; of one that lives on no shard any more the view, or what was archived. */
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
