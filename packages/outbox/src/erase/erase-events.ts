import { hasPersonalData, type OrderSnapshot, withoutPersonalData } from '@ordershard/order-events';
import type { ShardSession } from '@ordershard/shard-router';
import { ORDERS_TOPIC, outboxTablesOf } from '../append/topic.ts';
import { deleteRow, replacePayload } from '../sql/erase/replace-payload.ts';
import { readIdEnds, type RowWithText, selectRowsWithText } from '../sql/erase/rows-with-text.ts';
import { readEngines } from '../sql/read-engines.ts';

/** Ids that one statement looks through. */
const STEP = 20_000n;

/** Selects events: those of one member, in some orders. */
export interface MemberEvents {
  readonly memberId: string;
  /** Whether events of an order are selected. */
  readonly isMeant: (order: bigint) => boolean;
}

/** How many events of a shard were erased, and how. */
export interface ErasedEvents {
  /** Rows that no longer say anything of the member. */
  readonly rewritten: number;
  /**
   * Rows that were deleted, because Debezium stops at a row that changes. Debezium has already read those not published yet.
   */
  readonly deleted: number;
}

/**
 * Removes what events say of a member from a shard's outbox, both from events that are not published yet and from events kept
 * for publishing again. Order, version and everything else of an event stay. The relay may have read a row before that.
 *
 * @param session a session whose writes the shard's guards let pass in every bucket
 */
export async function eraseEvents(session: ShardSession, whose: MemberEvents): Promise<ErasedEvents> {
  const engines = new Map((await readEngines(session)).map(({ table, engine }) => [table, engine]));
  let [rewritten, deleted] = [0, 0];
  for await (const { table, row, order } of personalEvents(session, whose)) {
    if (engines.get(table) === 'connect') {
      await deleteRow(session, table, row);
      deleted += 1;
    } else {
      await replacePayload(session, table, row, JSON.stringify(withoutPersonalData(order)));
      rewritten += 1;
    }
  }
  return { rewritten, deleted };
}

/** How many events in a shard's outbox say something of a member. */
export async function countPersonalEvents(session: ShardSession, whose: MemberEvents): Promise<number> {
  let count = 0;
  for await (const _ of personalEvents(session, whose)) count += 1;
  return count;
}

async function* personalEvents(
  session: ShardSession,
  { memberId, isMeant }: MemberEvents,
): AsyncGenerator<{ readonly table: string; readonly row: RowWithText; readonly order: OrderSnapshot }> {
  const text = `"memberId":${JSON.stringify(memberId)}`;
  for (const table of outboxTablesOf(ORDERS_TOPIC)) {
    const { first, last } = await readIdEnds(session, table);
    for (let after = first - 1n; after < last; after += STEP) {
      for (const row of await selectRowsWithText(session, table, text, after, after + STEP)) {
        const order = JSON.parse(row.payload) as OrderSnapshot;
        // A note may have the text of another member.
        if (order.memberId === memberId && isMeant(BigInt(order.number)) && hasPersonalData(order))
          yield { table, row, order };
      }
    }
  }
}
