import type { ShardPool } from '../pools/shard-pool.ts';
import { FENCE_COLUMN, fenceIn, letsRead } from '../sql/read-fence.ts';
import { fencedQuery } from '../write/fenced-query.ts';
import { queryText } from '../write/query-text.ts';
import type { StatementLike } from '../write/statement.ts';
import { admitReadBetween } from './admit-read.ts';
import { ReadsTogether } from './reads-together.ts';
import type { FencedRows } from './rows-fence.ts';

/**
 * Reads rows of a number or a text key together with the fence of their bucket. One statement reads both as of one moment, so
 * the rows are those that the owner had then. In three cases it sends the query with a look at the fence before and after it,
 * in one round trip: when the query is not a single `SELECT … FROM …`, when it finds no row that could carry the fence, or
 * when the fence is not in one of its usual states.
 *
 * @throws BucketElsewhereError, FenceError
 * @throws ShardUnavailableError when the server does not take writes any more
 */
export async function fencedRows<Row>(
  pool: ShardPool,
  query: StatementLike<Row>,
  { bucket, fence, quickFence }: FencedRows,
  timeoutMs: () => number,
): Promise<Row[]> {
  const together = fencedQuery(query, quickFence);
  if (together !== undefined) {
    const rows = await readsOf(pool).query(together.shape, together.text, timeoutMs());
    if (letsRead(rows[0])) {
      // The fence is the last column of a row: V8 removes it without turning the row into a dictionary.
      for (const row of rows) delete row[FENCE_COLUMN];
      return rows as Row[];
    }
  }
  const text = `${fence}\n;${queryText(query)}\n;${fence}`;
  const [[before], rows, [after]] = await send<[unknown[], Row[], unknown[]]>(pool, text, timeoutMs());
  admitReadBetween(fenceIn(before), fenceIn(after), bucket, pool);
  return rows;
}

const reads = new WeakMap<ShardPool, ReadsTogether>();

function readsOf(pool: ShardPool): ReadsTogether {
  let found = reads.get(pool);
  if (found === undefined) {
    found = new ReadsTogether(pool);
    reads.set(pool, found);
  }
  return found;
}

function send<T>(pool: ShardPool, sql: string, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    // The values are null, not undefined: then the driver does not search the text for places to put values in.
    pool.send('query', sql, null, timeoutMs, (error, result) => {
      if (error === null) resolve(result as T);
      else reject(error);
    });
  });
}
