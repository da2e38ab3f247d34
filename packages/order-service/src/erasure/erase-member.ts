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
  /** Orders up to this number are meant, which nobody can place any more; decimal text. */
  readonly upTo: string;
  /** Later orders that are meant, for they were there; decimal text. */
  readonly recent: readonly string[];
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
  /** What that search did not reach: of it nothing is proved. */
  readonly notSearched: NotSearched;
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

/** Gives each order a version that says nothing of its member. */
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
        // Dropped meanwhile, or a row that its bucket left behind.
        else if (!(error instanceof OrderNotFoundError)) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { erased, closing };
}
