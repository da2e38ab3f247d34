import { createPool, type Pool, type PoolOptions } from 'mysql2';
import type { WriteCluster } from './cluster.ts';

// Sent on every new connection. The variables open the guards: who fences its writes itself says so once.
export const SESSION_SETUP = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  'SET @ordershard_bucket = -1, @ordershard_key_bucket = -1',
] as const;

/** What every contender's connections have in common, as options of the driver. */
export function connectionOptions(url: string) {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
    charset: 'utf8mb4_bin',
    timezone: 'Z',
    supportBigNumbers: true,
    // Else the driver captures the stack of every call.
    trace: false,
  } as const satisfies PoolOptions;
}

/** One of the driver's pools for each shard, by shard id. Its connections stay open. */
export function openPools(
  { shards }: WriteCluster,
  connections: number,
  options: PoolOptions = {},
): readonly Pool[] {
  return shards.map(({ writer }) => {
    const pool = createPool({ ...connectionOptions(writer), connectionLimit: connections, ...options });
    pool.on('connection', (connection) => {
      for (const sql of SESSION_SETUP) {
        connection.query(sql, (error) => {
          if (error !== null) connection.destroy();
        });
      }
    });
    return pool;
  });
}

/** Ends the pools of {@link openPools}. */
export async function endPools(pools: readonly Pool[]): Promise<void> {
  await Promise.all(pools.map((pool) => pool.promise().end()));
}
