import type { ShardSession } from '@ordershard/shard-router';

/**
 * Has the server look how large tables are whenever it is asked, for the life of the session. By itself MySQL tells what it found
 * when somebody asked within the last day (`information_schema_stats_expiry`); MariaDB always looks.
 */
export async function askForNewestSizes(session: ShardSession): Promise<void> {
  await session.execute(
    'SET @ordershard_sizes = 1 /*!80000 , SESSION information_schema_stats_expiry = 0 */',
  );
}
