import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderSnapshot } from '@ordershard/order-events';
import { type OrderAnswer, type OrderRouter, readOneOrder, readShardOrders } from '@ordershard/order-rows';
import { HydrationError, ShardAwayError } from '../errors.ts';

/** An order that is asked for, and the version that it has at the least. */
export interface Wanted {
  readonly number: bigint;
  readonly version: number;
}

/** What came of one of them: the order, or that it is past the retention, or why it could not be read. */
export type Hydrated =
  { readonly snapshot: OrderSnapshot } | { readonly expired: true } | { readonly error: Error };

/** Reads orders: one answer for each that is wanted, in their order. Never throws. */
export type Hydrate = (wanted: readonly Wanted[]) => Promise<readonly Hydrated[]>;

/** How long a shard may take. Its events are tried again later; those of other shards do not wait for it. */
const SHARD_LIMIT_MS = 2_000;

/**
 * Reads orders from the writers that own them, each shard once, all at the same time. An order that is older than its
 * event, or not there while its owner keeps such numbers, is not an answer: it is asked for again later. Only below the
 * fence's lower end does "not there" mean that it has expired.
 */
export function hydrateFrom(router: OrderRouter): Hydrate {
  return async (wanted) => {
    const answers = new Map<bigint, OrderAnswer | Error>();
    const byShard = new Map<number, bigint[]>();
    for (const { number } of wanted) {
      try {
        const shard = router.shardOf(number);
        const some = byShard.get(shard);
        if (some === undefined) byShard.set(shard, [number]);
        else some.push(number);
      } catch (error) {
        answers.set(number, error as Error);
      }
    }
    await Promise.all([...byShard].map(([shard, numbers]) => readFrom(router, shard, numbers, answers)));
    return wanted.map((one) => judge(one, answers.get(one.number)));
  };
}

async function readFrom(
  router: OrderRouter,
  shard: number,
  numbers: readonly bigint[],
  answers: Map<bigint, OrderAnswer | Error>,
): Promise<void> {
  try {
    const read = await limited(readShardOrders(router, shard, numbers), shard);
    for (const answer of read.answers) answers.set(answer.number, answer);
    await readSingly(router, shard, read.elsewhere, answers);
  } catch (error) {
    // One order whose rows cannot be read keeps none of the others from being so.
    if (isOfTheOrder(error)) await readSingly(router, shard, numbers, answers);
    else for (const number of numbers) answers.set(number, error as Error);
  }
}

/** Reads orders one by one, until a shard does not answer. */
async function readSingly(
  router: OrderRouter,
  shard: number,
  numbers: readonly bigint[],
  answers: Map<bigint, OrderAnswer | Error>,
): Promise<void> {
  let away: Error | undefined;
  for (const number of numbers) {
    try {
      answers.set(number, away ?? (await limited(readOneOrder(router, number), shard)));
    } catch (error) {
      answers.set(number, error as Error);
      if (!isOfTheOrder(error)) away = error as Error;
    }
  }
}

/** Errors of the router about a number, which any shard would have. */
const OF_THE_NUMBER: ReadonlySet<unknown> = new Set(['ROUTER_INVALID_KEY', 'ROUTER_INVALID_VALUE']);

/** Whether an error is about an order: about its number, or thrown while what was read was made an order. */
function isOfTheOrder(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return true;
  return OF_THE_NUMBER.has((error as { code?: unknown }).code);
}

async function limited<T>(reading: Promise<T>, shard: number): Promise<T> {
  const patience = new AbortController();
  const over = async () => {
    await sleep(SHARD_LIMIT_MS, undefined, { signal: patience.signal });
    throw new ShardAwayError(`shard ${shard} has not answered in ${SHARD_LIMIT_MS} ms`);
  };
  const limit = over();
  limit.catch(() => undefined);
  try {
    return await Promise.race([reading, limit]);
  } finally {
    patience.abort();
    reading.catch(() => undefined);
  }
}

/** What an answer is worth for an event. */
export function judge({ version }: Wanted, answer: OrderAnswer | Error | undefined): Hydrated {
  if (answer === undefined) return { error: new HydrationError('the order was not answered for') };
  if (answer instanceof Error) return { error: unread(answer) };
  const { snapshot, expired } = answer;
  if (snapshot === undefined) {
    return expired ? { expired } : { error: new HydrationError('its owner does not have the order') };
  }
  if (snapshot.version >= version) return { snapshot };
  return {
    error: new HydrationError(`the order has version ${snapshot.version}, its event tells of ${version}`),
  };
}

/** Whatever keeps a shard from answering, it may answer later. */
function unread(cause: Error): Error {
  if (cause instanceof ShardAwayError) return cause;
  const reason = `the order could not be read: ${cause.message}`;
  return isOfTheOrder(cause) ? new HydrationError(reason, { cause }) : new ShardAwayError(reason, { cause });
}
