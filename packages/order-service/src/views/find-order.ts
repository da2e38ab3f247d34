import type { OrderSnapshot } from '@ordershard/order-events';
import type { ShardRouter } from '@ordershard/shard-router';
import type { ArchivedOrders } from '../archive/archived-orders.ts';
import { maySee, type Caller } from '../commands/caller.ts';
import { OrderNotFoundError } from '../orders/errors.ts';
import { toSnapshot } from '../orders/snapshot.ts';
import { readOrder } from '../repository/orders.ts';
import { awaitViews } from './await-views.ts';
import { VersionNotReachedError, ViewBehindError, ViewsUnavailableError } from './errors.ts';
import type { OrderViews } from './order-views.ts';

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
 * itself, from the shard that owns it; past its retention and without a view, as it was archived.
 *
 * @throws OrderNotFoundError for a number of no order, or of someone else's
 * @throws VersionNotReachedError when the order itself has not had the version
 * @throws ViewBehindError when the view is not new enough, and the shard does not answer
 * @throws the router's errors
 */
export async function findOrder(
  { views, router, archive }: QueryParts,
  caller: Caller,
  number: bigint,
  { minVersion, waitMs }: Freshness = ANY,
): Promise<FoundOrder> {
  let view = await orNone(views.find(number));
  // Whose an order is never changes: a view tells, however old it is.
  if (view !== undefined && !maySee(caller, view)) throw new OrderNotFoundError(number);
  if (waitMs > 0 && (view?.version ?? 0) < minVersion) {
    const left = await orNone(awaitViews(views, [{ number, version: minVersion }], waitMs));
    if (left?.length === 0) view = await orNone(views.find(number));
  }
  const order: FoundOrder | undefined =
    view !== undefined && view.version >= minVersion
      ? view
      : await onShard(router, number, view, minVersion, archive);
  if (order === undefined || !maySee(caller, order)) throw new OrderNotFoundError(number);
  if (order.version < minVersion) throw new VersionNotReachedError(number, order.version, minVersion);
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

/** What views give, or undefined when they cannot be read. */
async function orNone<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ViewsUnavailableError) return undefined;
    throw error;
  }
}
