import type { ShardSession } from '@ordershard/shard-router';

/** An action as the log has it. Times are UTC text. */
export interface ActionRow {
  readonly id: string;
  readonly action: string;
  readonly actor: string;
  readonly place: string;
  readonly reason: string | null;
  /** JSON. */
  readonly arguments: string;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly outcome: 'running' | 'done' | 'refused' | 'failed' | 'stopped';
  readonly detail: string | null;
}

const COLUMNS =
  'CAST(id AS CHAR) AS id, action, actor, place, reason, arguments, started_at, ended_at, outcome, detail';

/** Reads actions with ids above one, `limit` at the most, lowest first: through the primary key, no lock. */
export async function listActionsAfter(
  session: ShardSession,
  after: string,
  limit: number,
): Promise<ActionRow[]> {
  return session.query<ActionRow>(
    `SELECT ${COLUMNS} FROM operator_actions WHERE operator_actions.id > ? ORDER BY operator_actions.id LIMIT ?`,
    [BigInt(after), limit],
  );
}

/** Reads the newest actions, newest first: backwards through the primary key, no lock. */
export async function listActions(session: ShardSession, limit: number): Promise<ActionRow[]> {
  return session.query<ActionRow>(
    `SELECT ${COLUMNS} FROM operator_actions ORDER BY operator_actions.id DESC LIMIT ?`,
    [limit],
  );
}
