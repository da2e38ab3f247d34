import { randomUUID } from 'node:crypto';
import type { ArchiveStore } from '@ordershard/rebalance/archive';
import { lowestNumberAt, type ShardConfig, withShardSessions } from '@ordershard/shard-router';
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
import { eraseViews, putTombstone, searchViews } from './erase-views.ts';
import { finishErasure, insertErasure } from './sql/record-erasure.ts';

export interface ErasureParts extends Omit<ChangeParts, 'archive'> {
  readonly shards: readonly ShardConfig[];
  /** Of the read model. */
  readonly db: Db;
  /** Absent where orders are not archived. */
  readonly archive?: ArchiveStore | undefined;
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
  /** RFC 3339 UTC. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Orders up to this number are meant; decimal text. */
  readonly upTo: string;
  readonly orders: {
    /** Those of the member on any shard. */
    readonly found: number;
    /** Those that said something, and have a version that does not. */
    readonly erased: number;
    /** Rows that buckets left behind on their way to another shard. */
    readonly leftOver: number;
    /** Those whose day is being closed: no row of theirs can be changed any more. Run it again when the day is archived. */
    readonly closing: readonly string[];
  };
  readonly events: { readonly rewritten: number; readonly deleted: number };
  readonly keys: number;
  readonly views: number;
  /** Null where there is no archive. */
  readonly archived: number | null;
  /** What a search of everything found afterwards. */
  readonly left: PersonalRows & { readonly views: number; readonly archived: number };
}

/** Orders that are changed at once. */
const AT_ONCE = 32;
const OPERATOR = { role: 'operator', subject: 'erasure' } as const;

/**
 * Erases what is known of a member beside their id: from their orders, each of which gets a version without it, from
 * events that were not published yet or could be published again, answers that could be given again, views, and the
 * archive. All shards, MongoDB and the archive have to answer. It can be run again, and goes on where it was stopped.
 *
 * The order of it: the tombstone before all else, so that no projector brings back what was erased; orders before events,
 * so that no event is made of what is erased; the search last.
 *
 * @throws the router's errors, the driver's, ArchiveUnavailableError, ArchiveDamagedError
 */
export async function eraseMember(parts: ErasureParts, order: ErasureOrder): Promise<ErasureProof> {
  const { router, shards, db, archive, now } = parts;
  const { memberId, by, reason } = order;
  const started = now();
  const id = randomUUID();
  const found = await ordersOfMember(shards, memberId);
  const inArchive = archive === undefined ? [] : await archivedOrdersOf(archive, memberId);
  const upTo = [...found, ...inArchive].reduce(
    (most, number) => (number > most ? number : most),
    lowestNumberAt(started.getTime()),
  );
  const whose = { memberId, upTo };
  const record = { id, ...whose, by, reason, startedAt: toDatetime(started.toISOString()) };
  await withShardSessions(shards, (session) => insertErasure(session, record));
  await putTombstone(db, memberId, upTo, started);
  const { erased, closing } = await eraseOrders(parts, found);
  const leftOver = await eraseLeftOver(shards, whose, new Set(closing));
  const events = await eraseOutbox(shards, whose);
  const keys = await eraseAnswers(router, shards, whose);
  if (archive !== undefined)
    await markErased(archive, new Set([...inArchive, ...closing]), started.toISOString());
  const views = await eraseViews(db, memberId, upTo);
  const finished = now();
  const proof: ErasureProof = {
    id,
    memberId,
    by,
    reason,
    startedAt: started.toISOString(),
    finishedAt: finished.toISOString(),
    upTo: upTo.toString(),
    orders: { found: found.length, erased, leftOver, closing: closing.map(String) },
    events,
    keys,
    views,
    archived: archive === undefined ? null : inArchive.length,
    left: {
      ...(await searchShards(shards, whose)),
      views: await searchViews(db, memberId, upTo),
      archived: archive === undefined ? 0 : (await archivedOrdersOf(archive, memberId)).length,
    },
  };
  const at = toDatetime(finished.toISOString());
  await withShardSessions(shards, (session) => finishErasure(session, id, at, JSON.stringify(proof)));
  return proof;
}

/** Whether nothing of a member is left. */
export function isErased({ left, orders }: ErasureProof): boolean {
  return orders.closing.length === 0 && Object.values(left).every((count) => count === 0);
}

/** Gives each order a version that says nothing of its member. */
async function eraseOrders(
  { router, source, now }: ErasureParts,
  numbers: readonly bigint[],
): Promise<{ readonly erased: number; readonly closing: readonly bigint[] }> {
  let erased = 0;
  const closing: bigint[] = [];
  const left = numbers.values();
  const work = async () => {
    for (const number of left) {
      try {
        const { replayed } = await changeOrder(
          { router, source, now },
          number,
          { type: 'erase', by: OPERATOR.role },
          { caller: OPERATOR },
        );
        if (!replayed) erased += 1;
      } catch (error) {
        if (error instanceof OrderArchivedError) closing.push(number);
        // Dropped meanwhile, or a row that its bucket left behind.
        else if (!(error instanceof OrderNotFoundError)) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { erased, closing };
}
