import type { ShardSession } from '@ordershard/shard-router';

/** An erasure as it is asked for. */
export interface ErasureRecord {
  readonly id: string;
  readonly memberId: string;
  readonly upTo: bigint;
  readonly by: string;
  readonly reason: string;
  /** DATETIME(3) text in UTC. */
  readonly startedAt: string;
}

/** Notes an erasure before anything is done. Locks the row that it inserts. */
export async function insertErasure(
  session: ShardSession,
  { id, memberId, upTo, by, reason, startedAt }: ErasureRecord,
): Promise<void> {
  await session.execute(
    `INSERT INTO erasures (erasure_id, member_id, up_to, asked_by, reason, started_at) VALUES (?, ?, ?, ?, ?, ?)`,
    [id, memberId, upTo, by, reason, startedAt],
  );
}

/** Notes what an erasure came to. Locks its row, by primary key. */
export async function finishErasure(
  session: ShardSession,
  id: string,
  finishedAt: string,
  proof: string,
): Promise<void> {
  await session.execute('UPDATE erasures SET finished_at = ?, proof = ? WHERE erasure_id = ?', [
    finishedAt,
    proof,
    id,
  ]);
}
