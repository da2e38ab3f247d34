import type { ShardSession } from '@ordershard/shard-router';

/** Whether all transactions of `part` are among those of `whole`. Computed by the server, no table is read. */
export async function containsGtids(session: ShardSession, part: string, whole: string): Promise<boolean> {
  const [row] = await session.query<{ contained: string | number }>('SELECT GTID_SUBSET(?, ?) AS contained', [
    part,
    whole,
  ]);
  return Number(row?.contained) === 1;
}
