import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderSnapshot } from '@ordershard/order-events';
import { OrdersUnsettledError } from './errors.ts';
import { LAST_NUMBER, OwnedRanges, ownedThroughout } from './owned-ranges.ts';
import type { OrderRouter } from './read-orders.ts';
import { snapshotsOfLines } from './snapshot-of-rows.ts';
import { type OwnedRangeRow, readOwnedRanges } from './sql/select-fences.ts';
import { readOrderRange } from './sql/select-orders.ts';

/** All orders of a range of numbers. */
export interface OrderChunk {
  /** By number, lowest first. */
  readonly snapshots: readonly OrderSnapshot[];
  /** The last number that the chunk covers: every order above {@link ScanOptions.after} up to here is in it. */
  readonly upTo: bigint;
  /** Whether a number of the chunk lies below what its owner keeps. */
  expired(number: bigint): boolean;
}

export interface ScanOptions {
  /** The scan reads numbers above this one. */
  readonly after: bigint;
  /** The last number to read; the highest that there can be unless given. */
  readonly upTo?: bigint;
  /** Orders that are read from each shard at the most. */
  readonly limit: number;
  /** How long to wait for buckets that are between two owners. Milliseconds; 60,000 unless given. */
  readonly patienceMs?: number;
}

const PAUSE_MS = 200;

/**
 * Reads the orders of the next range of numbers from all shards, each order from the shard that owns it. It asks each shard
 * for its fences, for rows, and for its fences again. A chunk counts when the ranges that the shards owned throughout cover
 * all buckets; otherwise it is read again. So a bucket that moves in between is neither left out, nor read on its old shard,
 * nor read on its new shard before it is complete there.
 *
 * @throws OrdersUnsettledError when a bucket stays between two owners
 * @throws the router's errors
 */
export async function scanOrders(router: OrderRouter, options: ScanOptions): Promise<OrderChunk> {
  const { after, upTo = LAST_NUMBER, limit, patienceMs = 60_000 } = options;
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const parts = await Promise.all(
      router.allShards().map((shard) => readPart(router, shard, after, upTo, limit)),
    );
    const last = parts.reduce((least, part) => (part.upTo < least ? part.upTo : least), upTo);
    const owned = new OwnedRanges(parts.flatMap(({ ranges }) => ranges));
    if (owned.cover(router.bucketCount, after, last)) {
      return {
        snapshots: newestOfEach(parts.flatMap(({ snapshots }) => snapshots)).filter(
          ({ number }) => BigInt(number) <= last,
        ),
        upTo: last,
        expired: (number) => number < (owned.readableFrom(router.bucketOf(number), number) ?? 0n),
      };
    }
    if (performance.now() > deadline) {
      throw new OrdersUnsettledError(`numbers from ${after + 1n} to ${last}: not every bucket has an owner`);
    }
    await sleep(PAUSE_MS);
  }
}

interface Part {
  readonly snapshots: readonly OrderSnapshot[];
  readonly upTo: bigint;
  readonly ranges: readonly OwnedRangeRow[];
}

async function readPart(
  router: OrderRouter,
  shard: number,
  after: bigint,
  upTo: bigint,
  limit: number,
): Promise<Part> {
  return router.onShard(shard, async (session) => {
    const before = await readOwnedRanges(session, after, upTo);
    const all = snapshotsOfLines(await readOrderRange(session, after, upTo, limit));
    const last = all.length < limit ? upTo : BigInt(all.at(-1)!.number);
    const ranges = ownedThroughout(before, await readOwnedRanges(session, after, last));
    const owned = new OwnedRanges(ranges);
    const snapshots = all.filter(({ number }) => {
      const value = BigInt(number);
      return owned.readableFrom(router.bucketOf(value), value) !== undefined;
    });
    return { snapshots, upTo: last, ranges };
  });
}

/** Returns the newest snapshot of each order, by number: both owners report a bucket that moved between two reads. */
function newestOfEach(snapshots: readonly OrderSnapshot[]): OrderSnapshot[] {
  const newest = new Map<bigint, OrderSnapshot>();
  for (const snapshot of snapshots) {
    const number = BigInt(snapshot.number);
    if ((newest.get(number)?.version ?? 0) < snapshot.version) newest.set(number, snapshot);
  }
  return [...newest].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, snapshot]) => snapshot);
}
