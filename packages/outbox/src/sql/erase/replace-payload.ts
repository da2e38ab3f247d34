import type { ShardSession } from '@ordershard/shard-router';
import type { RowWithText } from './rows-with-text.ts';

/** Puts another payload in the place of a row's. Locks the row, by primary key. */
export async function replacePayload(
  session: ShardSession,
  table: string,
  { id, day }: RowWithText,
  payload: string,
): Promise<void> {
  await session.execute(`UPDATE ${table} SET payload = ? WHERE id = ? AND day = ?`, [payload, id, day]);
}

/** Deletes a row. Locks it, by primary key. */
export async function deleteRow(
  session: ShardSession,
  table: string,
  { id, day }: RowWithText,
): Promise<void> {
  await session.execute(`DELETE FROM ${table} WHERE id = ? AND day = ?`, [id, day]);
}
