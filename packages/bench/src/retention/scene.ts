import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, TABLES } from '@ordershard/order-service';
import { openCluster, type OperatorCluster } from '@ordershard/rebalance';
import { type ClusterArchive, makeArchive } from '@ordershard/rebalance/archive';
import {
  connectShardRouter,
  lowestNumberAt,
  type ShardConfig,
  type ShardRouter,
  type ShardSession,
  shardsFromUrls,
  withShardSessions,
} from '@ordershard/shard-router';
import { type MysqlFlavour, startStack, type Stack } from '@ordershard/stack';

const CLUSTER = 'bench';
const DAY_MS = 86_400_000;
/** Rows that one statement makes. */
const BATCH = 20_000;

/** The day that is dropped, and the one that is deleted; in days before today. */
export const DROPPED = 33;
export const DELETED = 31;

/** A shard with two full days of the past and an archive. */
export interface RetentionScene {
  readonly stack: Stack;
  readonly shards: readonly ShardConfig[];
  readonly router: ShardRouter;
  readonly cluster: OperatorCluster;
  readonly archive: ClusterArchive;
  close(): Promise<void>;
}

const dayStart = (daysAgo: number) => (Math.floor(Date.now() / DAY_MS) - daysAgo) * DAY_MS;
const nameOf = (daysAgo: number) =>
  `p${new Date(dayStart(daysAgo)).toISOString().slice(0, 10).replaceAll('-', '')}`;

/** The numbers of a day of the past: [first, next). */
export function numbersOf(daysAgo: number): { readonly first: bigint; readonly next: bigint } {
  return { first: lowestNumberAt(dayStart(daysAgo)), next: lowestNumberAt(dayStart(daysAgo) + DAY_MS) };
}

export async function openScene(
  count: number,
  mysql: MysqlFlavour | undefined,
  progress: (message: string) => void,
): Promise<RetentionScene> {
  const stack = await startStack({
    ephemeral: true,
    parts: ['mysql'],
    shards: 1,
    ...(mysql === undefined ? {} : { mysqlFlavour: mysql }),
    onProgress: progress,
  });
  try {
    const shards = shardsFromUrls(stack.env['ORDERSHARD_MYSQL_URLS']!.split(','));
    await migrate(CLUSTER, shards);
    await withShardSessions(shards, async (session) => {
      await cutDays(session);
      for (const daysAgo of [DROPPED, DELETED]) {
        progress(`a day of ${count} orders, ${daysAgo} days ago`);
        await fillDay(session, daysAgo, count);
      }
    });
    const router = await connectShardRouter({
      clusterId: CLUSTER,
      shards,
      // A machine that is busy for a while is not to look like a shard that is down.
      limits: { queueTimeoutMs: 60_000, statementTimeoutMs: 60_000 },
    });
    const cluster = openCluster({ clusterId: CLUSTER, shards, application: { TABLES } });
    const folder = await mkdtemp(join(tmpdir(), 'ordershard-bench-archive-'));
    return {
      stack,
      shards,
      router,
      cluster,
      archive: await makeArchive(folder, cluster, 'bench'),
      close: async () => {
        await router.close();
        await cluster.close();
        await stack.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** Partitions for a month of the past, as a shard has them. */
async function cutDays(session: ShardSession): Promise<void> {
  for (const { table, partitionedBy } of TABLES) {
    if (partitionedBy !== 'number') continue;
    const cuts = Array.from({ length: DROPPED }, (_, i) => DROPPED - i).map(
      (daysAgo) => `PARTITION ${nameOf(daysAgo)} VALUES LESS THAN (${numbersOf(daysAgo).next})`,
    );
    await session.execute(`ALTER TABLE ${table} REORGANIZE PARTITION ${nameOf(1)} INTO (${cuts.join(', ')})`);
  }
}

/** Delivered orders with two lines and one unit of work each, spread over the day. */
async function fillDay(session: ShardSession, daysAgo: number, count: number): Promise<void> {
  const { first, next } = numbersOf(daysAgo);
  const step = (next - first) / BigInt(count + 1);
  await session.execute('SET @ordershard_bucket = -1');
  await session.execute('SET SESSION cte_max_recursion_depth = 1000000');
  const details = JSON.stringify({
    shopName: 'Seoul Kitchen',
    note: 'ring twice',
    timeline: ['created', 'paid', 'accepted', 'cooking', 'ready', 'dispatched', 'picked_up', 'delivered'].map(
      (status) => ({
        status,
        at: '2026-01-02T03:04:05.678Z',
      }),
    ),
  });
  for (let from = 0; from < count; from += BATCH) {
    const size = Math.min(BATCH, count - from);
    const numbers = `WITH RECURSIVE seq (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM seq WHERE n < ${size - 1})
      SELECT ${first + step * BigInt(from)} + n * ${step} AS number, n FROM seq`;
    await session.execute(
      `INSERT INTO orders (number, bucket, version, status, member_id, shop_id, currency, total, details, created_at, updated_at)
       SELECT number, n MOD 1024, 8, 'delivered', CONCAT('m-', n MOD 5000), CONCAT('s-', n MOD 200), 'KRW', 21000, ?,
              '2026-01-02 03:04:05.678', '2026-01-02 04:04:05.678' FROM (${numbers}) AS numbered`,
      [details],
    );
    await session.execute(
      `INSERT INTO order_items (number, line, bucket, menu_id, name, unit_price, quantity, amount)
       SELECT number, line, n MOD 1024, CONCAT('menu-', n MOD 50), 'Bibimbap with egg', 7000, 1, 7000
         FROM (${numbers}) AS numbered CROSS JOIN (SELECT 1 AS line UNION ALL SELECT 2) AS two`,
    );
    await session.execute(
      `INSERT INTO applied_units (number, unit_id, bucket, unit_hash, outcome, result, applied_at)
       SELECT number, UNHEX(LEFT(SHA2(number, 256), 32)), n MOD 1024, UNHEX(SHA2(number, 256)), 'applied', '{"version":2}', '2026-01-02 03:04:06'
         FROM (${numbers}) AS numbered`,
    );
  }
  await session.execute('SET @ordershard_bucket = NULL');
}
