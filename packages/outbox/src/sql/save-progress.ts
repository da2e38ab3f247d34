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
 * What became of it: stored; or nothing is, since another has taken the lease or has changed what was stored, or since the
 * database does not know of what was published, and only up to the id that is given.
 */
export type Saved = 'stored' | 'taken' | { readonly known: bigint };

/**
 * Stores how far a table is published, unless its database is another than the one that it was read from: one that has
 * not what was stored before, or not the row that it goes up to. Locks the one row, by primary key.
 *
 * @param before the id up to which it was stored before
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
  // An answer that was lost: it is stored.
  if (known === settledId) return 'stored';
  return known < before ? { known } : 'taken';
}
