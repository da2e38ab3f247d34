import type { ShardSession } from '../pools/session.ts';

/** The database's Unix time in milliseconds. */
export async function readClock(session: ShardSession): Promise<number> {
  const [row] = await session.query<{ now_ms: string }>(
    'SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) AS now_ms',
  );
  return Number(row!.now_ms);
}
