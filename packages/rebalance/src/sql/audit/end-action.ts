import type { ShardSession } from '@ordershard/shard-router';

/** How an action ended. */
export type Outcome = 'done' | 'refused' | 'failed' | 'stopped';

/** Writes how an action ended, unless that is written already. One row by primary key. */
export async function endAction(
  session: ShardSession,
  id: string,
  outcome: Outcome,
  detail: string | null,
): Promise<void> {
  await session.execute(
    `UPDATE operator_actions SET ended_at = UTC_TIMESTAMP(3), outcome = ?, detail = ?
      WHERE id = ? AND outcome = 'running'`,
    [outcome, detail, id],
  );
}
