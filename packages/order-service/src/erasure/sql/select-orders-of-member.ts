import type { OrderTables } from '@ordershard/order-rows';
import type { ShardSession } from '@ordershard/shard-router';

/** Numbers that one statement looks through. */
const STEP = 20_000;

/** An order of a member, with the JSON of its details. */
export interface MemberOrderRow {
  readonly number: bigint;
  readonly details: string;
}

/**
 * All orders of a member that lie on a shard, in one kind of tables, whoever owns their buckets. Walks the primary key, a
 * range in a statement, without a lock: no index is kept for what is asked once in a blue moon.
 */
export async function selectOrdersOfMember(
  session: ShardSession,
  { orders }: OrderTables,
  memberId: string,
): Promise<MemberOrderRow[]> {
  const found: MemberOrderRow[] = [];
  for (let after = -1n; ;) {
    const [end] = await session.query<{ last: string | null }>(
      `SELECT CAST(MAX(number) AS CHAR) AS last
         FROM (SELECT number FROM ${orders} WHERE number > ? ORDER BY number LIMIT ${STEP}) AS next_ones`,
      [after],
    );
    if (end!.last === null) return found;
    const last = BigInt(end!.last);
    const rows = await session.query<{ number: string; details: string }>(
      `SELECT CAST(number AS CHAR) AS number, details FROM ${orders}
        WHERE number > ? AND number <= ? AND member_id = ?`,
      [after, last, memberId],
    );
    found.push(...rows.map(({ number, details }) => ({ number: BigInt(number), details })));
    after = last;
  }
}
