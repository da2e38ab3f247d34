import type { SqlValue } from '../pools/values.ts';
import { type OrderColumn, type Position, positionOf } from '../scatter/columns.ts';
import type { Cover, Page } from '../scatter/page.ts';
import type { CheckedQuery, ScatterCondition } from '../scatter/query.ts';

/** Runs one query on a shard and returns its rows: BIGINT and DECIMAL as text, DATETIME as text in UTC. */
export type RunQuery = (
  shard: number,
  sql: string,
  values: readonly SqlValue[],
  timeoutMs: number,
) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** States of a fence in which the shard's rows are the ones that count. */
const READABLE = `('owned', 'capturing', 'carried')`;

interface CoverRow {
  readonly ordershard_buckets: string;
  readonly ordershard_readable: string;
  readonly ordershard_weighed: string;
  /** Null in the one row that comes when the page has none. */
  readonly ordershard_row: number | null;
}

/**
 * Reads the next rows of a shard after a position, of owned buckets only, with the state of all its fences in the same
 * snapshot. Without a lock. Rows come by an index on the order columns, or are sorted; each row's fence is looked up by
 * primary key, and the fences (some thousand rows) are read once, about half a millisecond.
 */
export async function readScatterPage(
  runQuery: RunQuery,
  query: CheckedQuery,
  shard: number,
  after: Position | undefined,
  limit: number,
  timeoutMs: number,
): Promise<Page> {
  const { sql, values } = scatterStatement(query, after, limit);
  const rows = await runQuery(shard, sql, values, timeoutMs);
  const first = rows[0] as unknown as CoverRow;
  const found = first.ordershard_row === null ? [] : rows;
  return {
    cover: coverOf(first),
    rows: found.map((row) => ({
      row: Object.fromEntries(query.select.map((column) => [column, row[column]])),
      position: positionOf(query.order, row, shard),
    })),
  };
}

function coverOf(row: CoverRow): Cover {
  return {
    buckets: Number(row.ordershard_buckets),
    readable: BigInt(row.ordershard_readable),
    weighed: BigInt(row.ordershard_weighed),
  };
}

/** The statement of a page. Identifiers were checked; everything else is a value. */
export function scatterStatement(
  { table, bucketColumn, numberColumn, select, where, order }: CheckedQuery,
  after: Position | undefined,
  limit: number,
): { readonly sql: string; readonly values: readonly SqlValue[] } {
  const columns = [...new Set([...select, ...order.map(({ column }) => column)])];
  const conditions = [
    // The hint keeps this a look-up for each row: as a semi-join, the fences could be put first and every row be sorted.
    {
      sql: `EXISTS (SELECT /*+ NO_SEMIJOIN() */ 1 FROM bucket_fences AS f FORCE INDEX (PRIMARY)
             WHERE f.bucket = t.\`${bucketColumn}\` AND f.range_from <= t.\`${numberColumn}\` AND f.range_to > t.\`${numberColumn}\`
               AND f.state IN ${READABLE} AND f.readable_from <= t.\`${numberColumn}\`)`,
      values: [],
    },
    ...where.map(conditionSql),
    ...(after === undefined ? [] : [afterSql(order, after)]),
  ];
  const orderBy = (alias: string) =>
    order.map(({ column, direction }) => `${alias}.\`${column}\` ${direction.toUpperCase()}`).join(', ');
  const sql = `SELECT c.*, p.*
  FROM (SELECT COUNT(DISTINCT bucket) AS ordershard_buckets,
               SUM(IF(state IN ${READABLE}, range_to - range_from, 0)) AS ordershard_readable,
               SUM(IF(state IN ${READABLE}, CAST(range_to - range_from AS DECIMAL(30)) * CRC32(bucket), 0)) AS ordershard_weighed
          FROM bucket_fences WHERE state <> 'carried') AS c
  LEFT JOIN (SELECT 1 AS ordershard_row, ${columns.map((column) => `t.\`${column}\``).join(', ')}
          FROM \`${table}\` AS t
         WHERE ${conditions.map((condition) => condition.sql).join('\n           AND ')}
         ORDER BY ${orderBy('t')} LIMIT ?) AS p ON TRUE
 ORDER BY ${orderBy('p')}`;
  return { sql, values: [...conditions.flatMap((condition) => condition.values), limit] };
}

interface Condition {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

function conditionSql(condition: ScatterCondition): Condition {
  if ('in' in condition) {
    return {
      sql: `t.\`${condition.column}\` IN (${condition.in.map(() => '?').join(', ')})`,
      values: condition.in,
    };
  }
  return { sql: `t.\`${condition.column}\` ${condition.is} ?`, values: [condition.value] };
}

/**
 * Rows after a position: `a >= ? AND (a > ? OR (b > ? OR (b = ? AND …)))`, spelled out because a comparison of row
 * values is not used as a range by the optimizer, while the leading `a >= ?` is.
 */
function afterSql(order: readonly OrderColumn[], after: Position): Condition {
  const step = (i: number): Condition => {
    const { column, direction } = order[i]!;
    const name = `t.\`${column}\``;
    const beyond = direction === 'asc' ? '>' : '<';
    if (i === order.length - 1) return { sql: `${name} ${beyond} ?`, values: [after[i]!] };
    const rest = step(i + 1);
    return {
      sql: `${name} ${beyond}= ? AND (${name} ${beyond} ? OR (${rest.sql}))`,
      values: [after[i]!, after[i]!, ...rest.values],
    };
  };
  return step(0);
}
