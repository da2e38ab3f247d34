import type { ShardSession } from '@ordershard/shard-router';
import type { MoveKind, MoveStep } from '../../move/move-plan.ts';

/** A fence row that moves, and what the target makes of it. */
export interface MovingCell {
  readonly at: string;
  readonly to: string;
  readonly becomes: string;
}

/** A move as the books of its source have it. */
export interface BookedMove {
  readonly plan_id: string;
  readonly kind: MoveKind;
  readonly bucket: number;
  readonly source: number;
  readonly target: number;
  /** JSON of {@link MovingCell}s. */
  readonly cells: string;
  readonly step: MoveStep;
  readonly started_by: string;
  readonly reason: string;
  readonly row_count: string;
  readonly pause_ms: number | null;
  readonly error: string | null;
  /** UTC, as `YYYY-MM-DD HH:MM:SS.mmm`. */
  readonly planned_at: string;
  readonly updated_at: string;
  readonly switched_at: string | null;
  /** Milliseconds since the switch, by the database's clock. */
  readonly switched_ms: string | null;
}

/** Which move it is. */
export type MoveKey = Pick<BookedMove, 'plan_id' | 'kind' | 'bucket'>;

/** Puts moves into the books, at the step `planned`. New rows only. */
export async function insertMoves(
  session: ShardSession,
  moves: readonly Pick<
    BookedMove,
    'plan_id' | 'kind' | 'bucket' | 'source' | 'target' | 'cells' | 'started_by' | 'reason'
  >[],
): Promise<void> {
  const rows = moves.map(() => `(?, ?, ?, ?, ?, ?, 'planned', ?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`);
  await session.execute(
    `INSERT INTO bucket_moves (plan_id, kind, bucket, source, target, cells, step, started_by, reason, planned_at, updated_at)
     VALUES ${rows.join(', ')}`,
    moves.flatMap((move) => [
      move.plan_id,
      move.kind,
      move.bucket,
      move.source,
      move.target,
      move.cells,
      move.started_by,
      move.reason,
    ]),
  );
}

/** Forgets the moves of a plan that were taken back, so that it can be run again. By primary key. */
export async function deleteRevoked(session: ShardSession, planId: string): Promise<void> {
  await session.execute("DELETE FROM bucket_moves WHERE plan_id = ? AND step = 'revoked'", [planId]);
}

/** All moves in the books of a shard, oldest first. A scan of a small table. */
export async function readBooks(session: ShardSession): Promise<readonly BookedMove[]> {
  return session.query<BookedMove>(
    `SELECT plan_id, kind, bucket, source, target, cells, step, started_by, reason, row_count, pause_ms, error,
            planned_at, updated_at, switched_at,
            CAST(TIMESTAMPDIFF(MICROSECOND, switched_at, UTC_TIMESTAMP(3)) DIV 1000 AS CHAR) AS switched_ms
       FROM bucket_moves ORDER BY planned_at, plan_id, kind, bucket`,
  );
}

/** A move of numbers, of one bucket if it is given, in the books of a shard that is not at its end. A scan of a small table. */
export async function findOpenMove(
  session: ShardSession,
  bucket?: number,
): Promise<Pick<BookedMove, 'bucket' | 'step'> | undefined> {
  const [row] = await session.query<Pick<BookedMove, 'bucket' | 'step'>>(
    `SELECT bucket, step FROM bucket_moves
      WHERE kind = 'numbers' AND step NOT IN ('moved', 'cleaned', 'revoked')
            ${bucket === undefined ? '' : 'AND bucket = ?'} LIMIT 1`,
    bucket === undefined ? [] : [bucket],
  );
  return row;
}

/** Notes a step, and forgets how the attempt before has ended. One row by primary key. */
export async function setStep(session: ShardSession, move: MoveKey, step: MoveStep): Promise<void> {
  await session.execute(
    `UPDATE bucket_moves SET step = ?, error = NULL, updated_at = UTC_TIMESTAMP(3)
      WHERE plan_id = ? AND kind = ? AND bucket = ?`,
    [step, move.plan_id, move.kind, move.bucket],
  );
}

/** Notes that all was copied, and how many rows that were. One row by primary key. */
export async function setCopied(session: ShardSession, move: MoveKey, rows: number): Promise<void> {
  await session.execute(
    `UPDATE bucket_moves SET step = 'copied', error = NULL, row_count = ?, updated_at = UTC_TIMESTAMP(3)
      WHERE plan_id = ? AND kind = ? AND bucket = ?`,
    [rows, move.plan_id, move.kind, move.bucket],
  );
}

/** Notes the switch: how many rows have gone, and how long writes have waited. One row by primary key. */
export async function setSwitched(
  session: ShardSession,
  move: MoveKey,
  rows: number,
  pauseMs: number | null,
): Promise<void> {
  await session.execute(
    `UPDATE bucket_moves
        SET step = 'moved', error = NULL, row_count = ?, pause_ms = ?, updated_at = UTC_TIMESTAMP(3), switched_at = UTC_TIMESTAMP(3)
      WHERE plan_id = ? AND kind = ? AND bucket = ?`,
    [rows, pauseMs, move.plan_id, move.kind, move.bucket],
  );
}

/** Notes what an attempt has ended with. One row by primary key. */
export async function setError(session: ShardSession, move: MoveKey, error: string): Promise<void> {
  await session.execute(
    `UPDATE bucket_moves SET error = ?, updated_at = UTC_TIMESTAMP(3) WHERE plan_id = ? AND kind = ? AND bucket = ?`,
    [error.slice(0, 2_000), move.plan_id, move.kind, move.bucket],
  );
}

/** Notes that nothing is left here of earlier moves of a bucket, which comes back. By the index of buckets. */
export async function supersedeMoves(session: ShardSession, kind: MoveKind, bucket: number): Promise<void> {
  await session.execute(
    `UPDATE bucket_moves SET step = 'cleaned', updated_at = UTC_TIMESTAMP(3)
      WHERE kind = ? AND bucket = ? AND step = 'moved'`,
    [kind, bucket],
  );
}
