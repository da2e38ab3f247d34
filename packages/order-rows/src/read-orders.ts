import type { OrderSnapshot } from '@ordershard/order-events';
import type { ShardRouter, ShardSession } from '@ordershard/shard-router';
import { CARRIED, type OrderTables } from './order-tables.ts';
import { OwnedRanges, ownedThroughout } from './owned-ranges.ts';
import { snapshotsOfLines } from './snapshot-of-rows.ts';
import { readOwnedRangesOf } from './sql/select-fences.ts';
import { type OrderLineRow, selectOrders } from './sql/select-orders.ts';

/** What the shard that owns a number knows of its order. */
export interface OrderAnswer {
  readonly number: bigint;
  /** Undefined when there is no such order, or none any more. */
  readonly snapshot: OrderSnapshot | undefined;
  /** Whether the number lies below what the owner keeps: such an order may have existed. */
  readonly expired: boolean;
}

/** What a shard knows of some numbers. */
export interface ShardAnswers {
  readonly answers: readonly OrderAnswer[];
  /** Numbers that the shard does not own now. */
  readonly elsewhere: readonly bigint[];
}

/** A router, as far as reading orders needs one. */
export type OrderRouter = Pick<
  ShardRouter,
  'allShards' | 'bucketCount' | 'bucketOf' | 'onShard' | 'read' | 'shardOf'
>;

/** How many numbers one statement asks for. */
const AT_ONCE = 500;

/**
 * Reads orders from one shard, many at once. Reads the fences before the rows and after them, and answers only for numbers
 * that this shard owned throughout.
 *
 * @throws the router's errors
 */
export async function readShardOrders(
  router: Pick<OrderRouter, 'bucketOf' | 'onShard'>,
  shard: number,
  numbers: readonly bigint[],
): Promise<ShardAnswers> {
  const parts: ShardAnswers[] = [];
  for (let from = 0; from < numbers.length; from += AT_ONCE) {
    const some = numbers.slice(from, from + AT_ONCE);
    parts.push(await router.onShard(shard, (session) => answersOf(session, router, some)));
  }
  return {
    answers: parts.flatMap(({ answers }) => answers),
    elsewhere: parts.flatMap(({ elsewhere }) => elsewhere),
  };
}

/**
 * Reads orders from the shards that own them, each shard once. Orders that have moved in between are read again from their
 * new owner. The answers come in no particular order.
 *
 * @throws the router's errors
 */
export async function readOrders(router: OrderRouter, numbers: readonly bigint[]): Promise<OrderAnswer[]> {
  const byShard = Map.groupBy(numbers, (number) => router.shardOf(number));
  const parts = await Promise.all([...byShard].map(([shard, some]) => readShardOrders(router, shard, some)));
  const answers = parts.flatMap((part) => part.answers);
  for (const number of parts.flatMap(({ elsewhere }) => elsewhere)) {
    answers.push(await readOneOrder(router, number));
  }
  return answers;
}

/**
 * Reads one order from the shard that owns it, wherever that is by now.
 *
 * @throws the router's errors
 */
export async function readOneOrder(router: OrderRouter, number: bigint): Promise<OrderAnswer> {
  return router.read(number, async (session) => {
    const { answers } = await answersOf(session, router, [number]);
    // Not owned here: the fence that the router reads next says so, and the router runs this again on the owner.
    return answers[0] ?? { number, snapshot: undefined, expired: false };
  });
}

async function answersOf(
  session: ShardSession,
  router: Pick<OrderRouter, 'bucketOf'>,
  numbers: readonly bigint[],
): Promise<ShardAnswers> {
  const buckets = [...new Set(numbers.map((number) => router.bucketOf(number)))];
  const before = await readOwnedRangesOf(session, buckets);
  const snapshots = await snapshotsOf(session, numbers);
  const owned = new OwnedRanges(ownedThroughout(before, await readOwnedRangesOf(session, buckets)));
  const answers: OrderAnswer[] = [];
  const elsewhere: bigint[] = [];
  for (const number of numbers) {
    const readableFrom = owned.readableFrom(router.bucketOf(number), number);
    if (readableFrom === undefined) elsewhere.push(number);
    else answers.push({ number, snapshot: snapshots.get(number), expired: number < readableFrom });
  }
  return { answers, elsewhere };
}

/**
 * Looks in the tables by day first, then, for orders not found there, in the tables of orders that have outlived their day:
 * orders only move in that direction.
 */
async function snapshotsOf(
  session: ShardSession,
  numbers: readonly bigint[],
): Promise<ReadonlyMap<bigint, OrderSnapshot>> {
  const found = new Map<bigint, OrderSnapshot>();
  const look = async (some: readonly bigint[], tables?: OrderTables) => {
    if (some.length === 0) return;
    const { sql, values } = selectOrders(some, tables);
    for (const snapshot of snapshotsOfLines(await session.query<OrderLineRow>(sql, values)))
      found.set(BigInt(snapshot.number), snapshot);
  };
  await look(numbers);
  await look(
    numbers.filter((number) => !found.has(number)),
    CARRIED,
  );
  return found;
}
