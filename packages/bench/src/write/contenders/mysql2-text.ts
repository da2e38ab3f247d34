import type { Pool, PoolConnection, QueryError } from 'mysql2';
import type { WriteCluster } from '../cluster.ts';
import { endPools, openPools } from '../connections.ts';
import { type Contender, type ContenderOptions, FenceShutError } from '../contender.ts';
import { FENCE_SHUT_ERRNO, transactionText } from '../transaction-text.ts';

/**
 * Of 16, 32 and 64 to a shard, which were within 15 % of each other at 64 and 256 callers in two runs.
 */
const CONNECTIONS = 64;

/** The driver by hand, each order as one text of several statements: one round trip, and nothing merged. */
export async function open(
  cluster: WriteCluster,
  { work, connections = CONNECTIONS }: ContenderOptions,
): Promise<Contender> {
  const pools = openPools(cluster, connections, { multipleStatements: true });
  const fences = work === 'fenced' ? cluster.fences : undefined;
  return {
    name: 'mysql2, one text',
    kind: 'driver',
    place: (order) => send(pools[order.shard]!, transactionText([order], fences)),
    close: () => endPools(pools),
  };
}

/** Sends a transaction; when it fails, rolls back what is left of it. */
function send(pool: Pool, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    pool.getConnection((refused, connection) => {
      if (refused !== null) {
        reject(refused);
        return;
      }
      // With null and not undefined as values, the driver does not look for placeholders.
      connection.query({ sql, values: null }, (error) => {
        if (error === null) {
          connection.release();
          resolve();
        } else {
          rollBack(connection);
          reject(reasonOf(error));
        }
      });
    });
  });
}

function rollBack(connection: PoolConnection): void {
  connection.query('ROLLBACK', (failure) => {
    if (failure === null) connection.release();
    else connection.destroy();
  });
}

function reasonOf(error: QueryError): Error {
  if (error.errno !== FENCE_SHUT_ERRNO) return error;
  return new FenceShutError('a fence is shut or locked', { cause: error });
}
