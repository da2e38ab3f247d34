import { randomUUID } from 'node:crypto';
import type { ClusterArchive } from '@ordershard/rebalance/archive';
import { type ShardConfig, type ShardRouter, withShardSessions } from '@ordershard/shard-router';
import type { Db } from 'mongodb';
import { changeOrder } from '../commands/change-order.ts';
import type { ChangeParts } from '../commands/parts.ts';
import { OrderArchivedError, OrderNotFoundError } from '../orders/errors.ts';
import { toDatetime } from '../repository/order-row.ts';
import { archivedOrdersOf, markErased } from './erase-archive.ts';
import {
  eraseAnswers,
  eraseLeftOver,
  eraseOutbox,
  ordersOfMember,
  type PersonalRows,
  searchShards,
} from './erase-on-shards.ts';
import { erasedOrders, isMeant } from './erased-orders.ts';
import { eraseViews, putTombstone, searchViews } from './erase-views.ts';
import { type NotSearched, notSearched } from './not-searched.ts';
import { readShardTime } from './shard-time.ts';
import { finishErasure, insertErasure } from './sql/record-erasure.ts';

export interface ErasureParts extends Pick<ChangeParts, 'source'> {
  readonly router: ShardRouter;
  readonly shards: readonly ShardConfig[];
  /** Of the read model. */
  readonly db: Db;
  /** Absent where orders are not archived. */
  readonly archive?: ClusterArchive | undefined;
}

/** Whose data is to be erased, by whom and why. */
export interface ErasureOrder {
  readonly memberId: string;
  readonly by: string;
  readonly reason: string;
}

/** What was erased where, and what a search found afterwards. */
export interface ErasureProof {
  readonly id: string;
  readonly memberId: string;
  readonly by: string;
  readonly reason: string;
  /** RFC 3339 UTC, by the clocks of the shards. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** The erasure covers the orders up to this number, with which nobody can place an order any more; decimal text. */
  readonly upTo: string;
  /** Orders with higher numbers that the erasure covers too, because they existed already; decimal text. */
  readonly recent: readonly string[];
  readonly orders: {
    /** Orders of the member on any shard. */
    readonly found: number;
    /** Orders that held personal data, and now have a version without it. */
    readonly erased: number;
    /** Rows that moves of buckets left behind on a shard, and that were erased. */
    readonly leftOver: number;
    /**
     * Orders whose day is being closed: their rows cannot be changed any more. Run the erasure again when the day is
     * archived.
     */
    readonly closing: readonly string[];
  };
  readonly events: { readonly rewritten: number; readonly deleted: number };
  readonly keys: number;
  readonly views: number;
  /** Null where there is no archive. */
  readonly archived: number | null;
  /** What a search of all stores still found afterwards. */
  readonly left: PersonalRows & { readonly views: number; readonly archived: number };
  /** What that search did not reach. The proof says nothing about it. */
  readonly notSearched: NotSearched;
}

/** Orders that are changed at once. */
const AT_ONCE = 32;
const OPERATOR = { role: 'operator', subject: 'erasure' } as const;

/**
 * Erases all that is known of a member except their id. It erases from the member's orders, each of which gets a version
 * without the data, from events that were not published yet or could be published again, from stored answers, from views, and
 * from the archive. All shards, MongoDB and the archive must answer. It can be run again, and then continues where it
 * stopped.
 *
 * The order of the steps matters. The tombstone comes before any erasing, so that no projector brings back what was erased.
 * Orders come before events, so that no new event holds erased data. The search comes last.
 *
 * @throws the router's errors, the driver's, ArchiveUnavailableError, ArchiveDamagedError
 */
export async function eraseMember(parts: ErasureParts, order: ErasureOrder): Promise<ErasureProof> {
  const { router, shards, db, archive, source } = parts;
  const { memberId, by, reason } = order;
  const now = await readShardTime(shards);
  const started = now();
  const id = randomUUID();
  const found = await ordersOfMember(shards, memberId);
  const inArchive = archive === undefined ? [] : await archivedOrdersOf(archive, memberId);
  const whose = erasedOrders(memberId, [...found, ...inArchive], started.getTime());
  const { upTo, recent } = whose;
  const events = { memberId, isMeant: isMeant(whose) };
  const record = { id, memberId, upTo, by, reason, startedAt: toDatetime(started.toISOString()) };
  await withShardSessions(shards, (session) => insertErasure(session, record));
  await putTombstone(db, whose, started);
  const { erased, closing } = await eraseOrders({ router, source, now }, found);
  const leftOver = await eraseLeftOver(shards, events, new Set(closing));
  const outbox = await eraseOutbox(shards, events);
  const keys = await eraseAnswers(router, shards, events);
  if (archive !== undefined)
    await markErased(archive, new Set([...inArchive, ...closing]), started.toISOString());
  const views = await eraseViews(db, whose);
  const finished = now();
  const proof: ErasureProof = {
    id,
    memberId,
    by,
    reason,
    startedAt: started.toISOString(),
    finishedAt: finished.toISOString(),
    upTo: upTo.toString(),
    recent: recent.map(String),
    orders: { found: found.length, erased, leftOver, closing: closing.map(String) },
    events: outbox,
    keys,
    views,
    archived: archive === undefined ? null : inArchive.length,
    left: {
      ...(await searchShards(shards, events)),
      views: await searchViews(db, whose),
      archived: archive === undefined ? 0 : (await archivedOrdersOf(archive, memberId)).length,
    },
    notSearched: await notSearched(router, archive),
  };
  const at = toDatetime(finished.toISOString());
  await withShardSessions(shards, (session) => finishErasure(session, id, at, JSON.stringify(proof)));
  return proof;
}

/** Whether everything was searched, and nothing of a member is left. */
export function isErased({ left, orders, notSearched: { shards, archives } }: ErasureProof): boolean {
  return (
    orders.closing.length === 0 &&
    shards.length + archives.length === 0 &&
    Object.values(left).every((count) => count === 0)
  );
}

/** Writes a new version of each order, without personal data of its member. */
async function eraseOrders(
  parts: ChangeParts,
  numbers: readonly bigint[],
): Promise<{ readonly erased: number; readonly closing: readonly bigint[] }> {
  let erased = 0;
  const closing: bigint[] = [];
  const left = numbers.values();
  const work = async () => {
    for (const number of left) {
      try {
        const { replayed } = await changeOrder(
          parts,
          number,
          { type: 'erase', by: OPERATOR.role },
          { caller: OPERATOR },
        );
        if (!replayed) erased += 1;
      } catch (error) {
        if (error instanceof OrderArchivedError) closing.push(number);
        // The order was dropped in the meantime, or a move of its bucket left the row behind.
        else if (!(error instanceof OrderNotFoundError)) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { erased, closing };
}
