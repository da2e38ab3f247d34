import { hasPersonalData, type OrderSnapshot, withoutPersonalData } from '@ordershard/order-events';
import { BY_DAY, CARRIED, decodeDetails, encodeDetails, type OrderTables } from '@ordershard/order-rows';
import { countPersonalEvents, type ErasedEvents, eraseEvents, type MemberEvents } from '@ordershard/outbox';
import {
  type ShardConfig,
  type ShardRouter,
  type ShardSession,
  withShardSessions,
} from '@ordershard/shard-router';
import { keyTextOf } from '../commands/idempotency.ts';
import { type KeyAnswerRow, selectAnswersWithText, updateAnswer } from './sql/personal-answers.ts';
import { selectOrdersOfMember } from './sql/select-orders-of-member.ts';

/** How many rows on all shards hold personal data of a member. */
export interface PersonalRows {
  readonly orders: number;
  readonly events: number;
  readonly keys: number;
}

/** The numbers of all orders of a member on any shard. */
export async function ordersOfMember(
  shards: readonly ShardConfig[],
  memberId: string,
): Promise<readonly bigint[]> {
  const found = await withShardSessions(shards, async (session) => {
    const rows = [
      ...(await selectOrdersOfMember(session, BY_DAY, memberId)),
      ...(await selectOrdersOfMember(session, CARRIED, memberId)),
    ];
    return rows.map(({ number }) => number);
  });
  return [...new Set(found.flat())].toSorted((a, b) => (a < b ? -1 : 1));
}

/**
 * Erases personal data from the outbox rows of all shards. The sessions that write pass no fence: an event may lose its
 * personal data wherever its row lies.
 */
export async function eraseOutbox(
  shards: readonly ShardConfig[],
  whose: MemberEvents,
): Promise<ErasedEvents> {
  const parts = await withShardSessions(shards, (session) =>
    unguarded(session, () => eraseEvents(session, whose)),
  );
  return parts.reduce((sum, part) => ({
    rewritten: sum.rewritten + part.rewritten,
    deleted: sum.deleted + part.deleted,
  }));
}

/**
 * Erases personal data from the stored answers of idempotency keys, and returns how many held some. It writes each answer
 * first under the fence of its key, so that a move under way copies the change, and then wherever else the row lies.
 */
export async function eraseAnswers(
  router: Pick<ShardRouter, 'transaction'>,
  shards: readonly ShardConfig[],
  whose: MemberEvents,
): Promise<number> {
  const found = await withShardSessions(shards, (session) => personalAnswers(session, whose));
  for (const row of found.flat()) {
    const { sql, values } = erasedAnswer(row);
    const key = keyTextOf(row.caller, row.idempotency_key);
    await router.transaction({ key }, (tx) => tx.execute(sql, values));
  }
  await withShardSessions(shards, (session) =>
    unguarded(session, async () => {
      for (const row of await personalAnswers(session, whose)) {
        const { sql, values } = erasedAnswer(row);
        await session.execute(sql, values);
      }
    }),
  );
  return found.flat().length;
}

const erasedAnswer = (row: KeyAnswerRow) =>
  updateAnswer(row, JSON.stringify(withoutPersonalData(orderOf(row))));

/**
 * Erases personal data from order rows on shards where their buckets no longer live, which moves left behind and nobody has
 * purged yet. Leaves the orders in `except` alone. Returns how many rows it erased.
 */
export async function eraseLeftOver(
  shards: readonly ShardConfig[],
  whose: MemberEvents,
  except: ReadonlySet<bigint>,
): Promise<number> {
  const counts = await withShardSessions(shards, (session) =>
    unguarded(session, async () => {
      let erased = 0;
      for (const tables of [BY_DAY, CARRIED]) {
        for (const { number, details } of await personalOrders(session, tables, whose)) {
          if (except.has(number)) continue;
          await session.execute(`UPDATE ${tables.orders} SET details = ? WHERE number = ?`, [
            encodeDetails(withoutPersonalData(decodeDetails(details))),
            number,
          ]);
          erased += 1;
        }
      }
      return erased;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Counts the rows on all shards that hold personal data of a member, wherever their buckets live. */
export async function searchShards(
  shards: readonly ShardConfig[],
  whose: MemberEvents,
): Promise<PersonalRows> {
  const parts = await withShardSessions(shards, async (session) => ({
    orders:
      (await personalOrders(session, BY_DAY, whose)).length +
      (await personalOrders(session, CARRIED, whose)).length,
    events: await countPersonalEvents(session, whose),
    keys: (await personalAnswers(session, whose)).length,
  }));
  return parts.reduce((sum, part) => ({
    orders: sum.orders + part.orders,
    events: sum.events + part.events,
    keys: sum.keys + part.keys,
  }));
}

/** Runs `fn` while the guards let the session write in every bucket. */
async function unguarded<T>(session: ShardSession, fn: () => Promise<T>): Promise<T> {
  await session.execute('SET @ordershard_bucket = -1, @ordershard_key_bucket = -1');
  try {
    return await fn();
  } finally {
    await session.execute('SET @ordershard_bucket = NULL, @ordershard_key_bucket = NULL');
  }
}

async function personalOrders(
  session: ShardSession,
  tables: OrderTables,
  { memberId, isMeant }: MemberEvents,
) {
  const rows = await selectOrdersOfMember(session, tables, memberId);
  return rows.filter(({ number, details }) => isMeant(number) && hasPersonalData(decodeDetails(details)));
}

const orderOf = ({ answer }: KeyAnswerRow) => JSON.parse(answer) as OrderSnapshot;

async function personalAnswers(session: ShardSession, { memberId, isMeant }: MemberEvents) {
  const rows = await selectAnswersWithText(session, `"memberId":${JSON.stringify(memberId)}`);
  return rows.filter((row) => {
    const order = orderOf(row);
    return order.memberId === memberId && isMeant(BigInt(order.number)) && hasPersonalData(order);
  });
}
