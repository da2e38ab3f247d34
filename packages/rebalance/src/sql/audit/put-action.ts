import type { ShardSession } from '@ordershard/shard-router';
import type { ActionRow } from './list-actions.ts';

/**
 * Writes an action as another shard has it. Under its id unless that is another action's here; one that is here already gets
 * its end. Gives the id. One row by primary key.
 */
export async function putAction(session: ShardSession, row: ActionRow): Promise<string> {
  const [there] = await session.query<{ same: string }>(
    `SELECT started_at = ? AND place = ? AND action = ? AS same FROM operator_actions WHERE id = ? FOR UPDATE`,
    [row.started_at, row.place, row.action, row.id],
  );
  if (there !== undefined && Number(there.same) === 1) {
    await session.execute('UPDATE operator_actions SET ended_at = ?, outcome = ?, detail = ? WHERE id = ?', [
      row.ended_at,
      row.outcome,
      row.detail,
      row.id,
    ]);
    return row.id;
  }
  const { insertId } = await session.execute(
    `INSERT INTO operator_actions (id, action, actor, place, reason, arguments, started_at, ended_at, outcome, detail)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      there === undefined ? row.id : null,
      row.action,
      row.actor,
      row.place,
      row.reason,
      row.arguments,
      row.started_at,
      row.ended_at,
      row.outcome,
      row.detail,
    ],
  );
  return there === undefined ? row.id : insertId;
}
