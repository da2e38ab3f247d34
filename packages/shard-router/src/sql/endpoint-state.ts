import type { ShardSession } from '../pools/session.ts';

/** Whether a server takes no writes: a replica, or a writer that was demoted. Touches no table. */
export async function readEndpointState(session: ShardSession): Promise<boolean> {
  const rows = await session.query<{ Variable_name: string; Value: string }>(
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN ('read_only', 'super_read_only', 'innodb_read_only')`,
  );
  return rows.some((row) => row.Value === 'ON');
}
