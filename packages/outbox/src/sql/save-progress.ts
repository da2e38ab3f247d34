import type { ShardSession } from '@ordershard/shard-router';
import { readLastId } from './read-last-id.ts';
import type { LeaseTicket } from './renew-lease.ts';

/** How far a table is published, as it is stored. */
export interface SavedProgress {
  readonly settledId: bigint;
  /** Ranges as JSON text. */
  readonly gaps: string;
}

/**
 * The result of a save. 'stored': the progress is stored. 'taken': nothing is stored, because another relay has the lease or
 * has changed the stored progress. `known`: nothing is stored, because the database knows the published ids only up to this
 * one.
 */
export type Saved = 'stored' | 'taken' | { readonly known: bigint };

/**
 * Stores how far a table is published, unless the database is another one than the rows were read from: it lacks the progress
 * that was stored before, or the row of the new `settledId`. Locks the one row, by primary key.
 *
 * @param before the settled id that was stored before
 */
export async function saveProgress(
  session: ShardSession,
  { table, holder, token }: LeaseTicket,
  { settledId, gaps }: SavedProgress,
  before: bigint,
): Promise<Saved> {
  if (settledId > before) {
    const last = await readLastId(session, table);
    if (last < settledId) return { known: last };
  }
  const { affectedRows } = await session.execute(
    `UPDATE outbox_relays SET settled_id = ?, gaps = ?
      WHERE table_name = ? AND holder = ? AND token = ? AND settled_id = ?`,
    [settledId, gaps, table, holder, token, before],
  );
  if (affectedRows === 1) return 'stored';
  const [row] = await session.query<{ settled_id: string }>(
    'SELECT settled_id FROM outbox_relays WHERE table_name = ? AND holder = ? AND token = ?',
    [table, holder, token],
  );
  if (row === undefined) return 'taken';
  const known = BigInt(row.settled_id);
  // The answer to an earlier save was lost: the progress is stored.
  if (known === settledId) return 'stored';
  return known < before ? { known } : 'taken';
}
