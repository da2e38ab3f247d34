import { inTransaction, type ShardSessions } from '@ordershard/shard-router';
import type { ActionRow } from '../sql/audit/list-actions.ts';
import { listActionsAfter } from '../sql/audit/list-actions.ts';
import { putAction } from '../sql/audit/put-action.ts';
import { arbiterOf } from './audit-log.ts';
import type { LogEntry } from './log-entry.ts';

const ROWS = 500;

/**
 * Copies the audit log to another shard, which is about to keep it. Rows keep their ids; one whose id is taken there by
 * another action, of a time when that shard kept the log, gets a new one. Can be run again.
 *
 * @param entry the row that is about this: it is the one of the other shard from then on
 */
export async function handOverLog(
  cluster: Pick<ShardSessions, 'shards' | 'onShard'>,
  to: number,
  entry: LogEntry | undefined,
): Promise<void> {
  const from = arbiterOf(cluster);
  let after = '0';
  let moved: string | undefined;
  for (;;) {
    const rows: readonly ActionRow[] = await cluster.onShard(from, (session) =>
      listActionsAfter(session, after, ROWS),
    );
    if (rows.length === 0) break;
    await cluster.onShard(to, (session) =>
      inTransaction(session, async () => {
        for (const row of rows) {
          const id = await putAction(session, row);
          if (row.id === entry?.id) moved = id;
        }
      }),
    );
    after = rows.at(-1)!.id;
  }
  if (entry === undefined || moved === undefined) return;
  entry.shard = to;
  entry.id = moved;
}
