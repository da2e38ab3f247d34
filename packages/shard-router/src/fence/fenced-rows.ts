import type { ShardPool } from '../pools/shard-pool.ts';
import { fenceText, type FenceRow } from '../sql/read-fence.ts';
import { sendText } from '../sql/merged-writes.ts';
import { textOf } from '../write/filled-text.ts';
import type { StatementLike } from '../write/statement.ts';
import { admitRead } from './admit.ts';

/**
 * Reads rows of a number, and the fence of its bucket before and after them, in one round trip: what was read is not what
 * another shard has changed since, and not what had not come from there yet.
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
  const fence = fenceText(bucket, number);
  const sql = `${fence};${textOf(query)};${fence}`;
  return pool.connected(async (connection) => {
    const [[before], rows, [after]] = (await sendText(connection, pool, sql, timeoutMs)) as [
      FenceRow[],
      Row[],
      FenceRow[],
    ];
    admitRead(before, bucket, pool);
    admitRead(after, bucket, pool);
    return rows;
  });
}
