import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderSnapshot } from '@ordershard/order-events';
import { type OrderAnswer, type OrderRouter, readOneOrder, readShardOrders } from '@ordershard/order-rows';
import { HydrationError, ShardAwayError } from '../errors.ts';

/** An order to read, and the lowest version to accept. */
export interface Wanted {
  readonly number: bigint;
  readonly version: number;
}

/** The result for one wanted order: the order, or that it is past the retention, or why it could not be read. */
export type Hydrated =
  { readonly snapshot: OrderSnapshot } | { readonly expired: true } | { readonly error: Error };

/** Reads orders. Resolves with one result for each wanted order, in the same order. Never throws. */
export type Hydrate = (wanted: readonly Wanted[]) => Promise<readonly Hydrated[]>;

/**
 * How long a shard may take to answer. After that, its events are retried later; events of other shards do not wait for it.
 */
const SHARD_LIMIT_MS = 2_000;

/**
 * Reads orders from the writers that own them, each shard once, all at the same time. Two cases are errors, so that the order
 * is read again later: the order is older than its event, or the order is missing although its owner keeps such numbers. Only
 * below the fence's lower end does "missing" mean that the order has expired.
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
    // One order whose rows cannot be read must not keep the other orders from being read.
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

/** Codes of router errors that are about a number: any shard would fail in the same way. */
const OF_THE_NUMBER: ReadonlySet<unknown> = new Set(['ROUTER_INVALID_KEY', 'ROUTER_INVALID_VALUE']);

/** Whether an error is about one order: about its number, or thrown while its rows were turned into an order. */
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

/** Decides what an answer means for an event: the order, that it has expired, or an error. */
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

/** Returns the error for an order that could not be read. It is retryable, whatever the cause: the shard may answer later. */
function unread(cause: Error): Error {
  if (cause instanceof ShardAwayError) return cause;
  const reason = `the order could not be read: ${cause.message}`;
  return isOfTheOrder(cause) ? new HydrationError(reason, { cause }) : new ShardAwayError(reason, { cause });
}
