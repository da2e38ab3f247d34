import { type ShardSession, withShardSessions } from '@ordershard/shard-router';
import type { WriteCluster } from './cluster.ts';
import { OUTBOX_TABLES } from './orders.ts';

/** The stored rows are not those that were acknowledged. */
export class WrongCountError extends Error {
  override readonly name = 'WrongCountError';
  readonly code = 'BENCH_WRONG_COUNT';
}

/** Rows that a contender must have left behind on all shards together. */
export interface ExpectedRows {
  readonly name: string;
  readonly acknowledged: number;
  /** Whether it wrote a key with each order. */
  readonly keyed: boolean;
}

const TABLES = ['orders', 'order_items', 'idempotency_keys', 'applied_units', ...OUTBOX_TABLES] as const;

// Each counts one kind of row by contender. Rows whose order is not there, or is of another bucket, count for no contender.
const CONTENDER = "SUBSTRING_INDEX(o.shop_id, '/', 1)";
const COUNTS = {
  orders: `SELECT ${CONTENDER} AS contender, COUNT(*) AS n FROM orders o GROUP BY contender`,
  items: `SELECT ${CONTENDER} AS contender, COUNT(*) AS n FROM order_items i
            LEFT JOIN orders o ON o.number = i.number AND o.bucket = i.bucket GROUP BY contender`,
  events: `SELECT ${CONTENDER} AS contender, COUNT(*) AS n
             FROM (${OUTBOX_TABLES.map((table) => `SELECT aggregateid, bucket FROM ${table}`).join(' UNION ALL ')}) x
             LEFT JOIN orders o ON o.number = CAST(x.aggregateid AS SIGNED) AND o.bucket = x.bucket GROUP BY contender`,
  // The hash is one of the answer, so that this finds a text that was not stored as it was given.
  keys: `SELECT ${CONTENDER} AS contender, COUNT(*) AS n FROM idempotency_keys k
           LEFT JOIN orders o ON o.number = k.number AND k.request_hash = UNHEX(SHA2(k.answer, 256)) GROUP BY contender`,
} as const;

/**
 * Compares what is stored with what was acknowledged, contender by contender: orders, lines, events and keys.
 * @throws WrongCountError for the first difference
 */
export async function verifyRows({ shards }: WriteCluster, expected: readonly ExpectedRows[]): Promise<void> {
  for (const [kind, sql] of Object.entries(COUNTS)) {
    const found = countAll(await withShardSessions(shards, (session) => count(session, sql)));
    for (const { name, acknowledged, keyed } of expected) {
      const rows = { orders: 1, items: 3, events: 1, keys: keyed ? 1 : 0 }[kind as keyof typeof COUNTS];
      requireCount(name, kind, found.get(name) ?? 0, acknowledged * rows);
      found.delete(name);
    }
    for (const [name, n] of found) requireCount(name ?? 'nobody', kind, n, 0);
  }
}

/** Empties the tables that were written, so that the next figures do not pay for the rows of the last. */
export async function emptyTables({ shards }: WriteCluster): Promise<void> {
  await withShardSessions(shards, async (session) => {
    for (const table of TABLES) await session.execute(`TRUNCATE TABLE ${table}`);
  });
}

type Counts = ReadonlyMap<string | null, number>;

async function count(session: ShardSession, sql: string): Promise<Counts> {
  const rows = await session.query<{ contender: string | null; n: number | string }>(sql);
  return new Map(rows.map(({ contender, n }) => [contender, Number(n)]));
}

function countAll(shards: readonly Counts[]): Map<string | null, number> {
  const sums = new Map<string | null, number>();
  for (const [name, n] of shards.flatMap((counts) => [...counts])) sums.set(name, (sums.get(name) ?? 0) + n);
  return sums;
}

function requireCount(name: string, kind: string, found: number, wanted: number): void {
  if (found === wanted) return;
  throw new WrongCountError(`${name}: ${found} rows of ${kind} where ${wanted} were acknowledged`);
}
