import type { ShardPool } from '../pools/shard-pool.ts';
import { fenceText, type FenceRow } from '../sql/read-fence.ts';
import { sendText } from '../sql/merged-writes.ts';
import { textOf } from '../write/filled-text.ts';
import type { StatementLike } from '../write/statement.ts';
import { admitRead } from './admit.ts';

/**
 * Reads rows of a number, and after them the fence of its bucket, in one round trip: what was read is not what another
 * shard has changed since.
 *
 * @throws BucketElsewhereError, FenceError
 */
export async function fencedRows<Row>(
  pool: ShardPool,
  query: StatementLike<Row>,
  bucket: number,
  number: bigint,
  timeoutMs: number,
): Promise<Row[]> {
  const sql = `${textOf(query)};${fenceText(bucket, number)}`;
  return pool.connected(async (connection) => {
    const [rows, [fence]] = (await sendText(connection, pool, sql, timeoutMs)) as [Row[], FenceRow[]];
    admitRead(fence, bucket, pool);
    return rows;
  });
}
