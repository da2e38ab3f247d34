import type { ShardSession, Statement } from '@ordershard/shard-router';

/** An idempotency key, with the answer that is given again. */
export interface KeyAnswerRow {
  readonly caller: string;
  readonly idempotency_key: string;
  /** JSON of an order's snapshot. */
  readonly answer: string;
}

/** The keys of a shard whose answer has a text. Looks through the whole table, which holds a day of keys; no locks. */
export async function selectAnswersWithText(session: ShardSession, text: string): Promise<KeyAnswerRow[]> {
  return session.query<KeyAnswerRow>(
    'SELECT caller, idempotency_key, answer FROM idempotency_keys WHERE INSTR(answer, ?) > 0',
    [text],
  );
}

/** The UPDATE that puts another answer in the place of a key's. Locks its row, by primary key. */
export function updateAnswer({ caller, idempotency_key: key }: KeyAnswerRow, answer: string): Statement {
  return {
    sql: 'UPDATE idempotency_keys SET answer = ? WHERE caller = ? AND idempotency_key = ?',
    values: [answer, caller, key],
  };
}
