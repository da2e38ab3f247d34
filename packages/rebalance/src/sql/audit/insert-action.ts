import type { ShardSession } from '@ordershard/shard-router';

/** An action of an operator, as it begins. */
export interface NewAction {
  readonly action: string;
  readonly actor: string;
  readonly place: string;
  readonly reason: string | null;
  /** JSON. */
  readonly arguments: string;
}

/** Writes that an action begins; gives its id. One row at the end of the table. */
export async function insertAction(
  session: ShardSession,
  { action, actor, place, reason, arguments: given }: NewAction,
): Promise<string> {
  const { insertId } = await session.execute(
    `INSERT INTO operator_actions (action, actor, place, reason, arguments, started_at, outcome)
     VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(3), 'running')`,
    [action, actor, place, reason, given],
  );
  return insertId;
}
