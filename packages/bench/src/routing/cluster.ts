import {
  type CarrierFactory,
  connectShardRouter,
  initialiseCluster,
  migrateShards,
  ROUTER_MIGRATIONS,
  type ShardConfig,
  type ShardRouter,
  withShardSessions,
} from '@ordershard/shard-router';
import { createNamespace, startStack } from '@ordershard/stack';
import { createPool, type Pool } from 'mysql2/promise';

const CLUSTER = 'bench';

/** Connections of each pool, the router's and the bare one's. */
export const POOL_SIZE = 16;

/** Rows that statements read and change, each a number of its own. */
const ROWS = 512;

/** What the routing benchmark runs on. All of `numbers` live on shard 0, the only one that the bare pool knows. */
export interface BenchCluster {
  readonly numbers: readonly bigint[];
  /** A pool without a router on shard 0: same options of the driver, same settings of the session. */
  readonly bare: Pool;
  /** The same with the driver's `trace` off: it captures the stack of each call, for errors. */
  readonly untraced: Pool;
  readonly router: ShardRouter;
  /** Opens another router on the same shards; it is closed with the cluster. */
  connect(carrier: CarrierFactory): Promise<ShardRouter>;
  close(): Promise<void>;
}

/** Starts one MySQL server that ends with this process, and makes two shards on it. */
export async function openCluster(progress: (message: string) => void): Promise<BenchCluster> {
  const stack = await startStack({ ephemeral: true, parts: ['mysql'], shards: 1, onProgress: progress });
  try {
    const spaces = await Promise.all([createNamespace(stack, 'bench'), createNamespace(stack, 'bench')]);
    const shards = spaces.map(({ env }, id) => ({ id, writer: env['ORDERSHARD_MYSQL_URLS']! }));
    await migrateShards(shards, [ROUTER_MIGRATIONS]);
    await initialiseCluster({ clusterId: CLUSTER, shards });
    const routers = [await open(shards)];
    const numbers = await makeRows(routers[0]!, shards);
    const bare = barePool(shards[0]!.writer, true);
    const untraced = barePool(shards[0]!.writer, false);
    return {
      numbers,
      bare,
      untraced,
      router: routers[0]!,
      connect: async (carrier) => {
        const router = await open(shards, carrier);
        routers.push(router);
        return router;
      },
      close: async () => {
        await Promise.all([bare.end(), untraced.end()]);
        await Promise.all(routers.map((router) => router.close()));
        await stack.stop();
      },
    };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

function open(shards: readonly ShardConfig[], carrier?: CarrierFactory): Promise<ShardRouter> {
  return connectShardRouter({
    clusterId: CLUSTER,
    shards,
    poolSize: POOL_SIZE,
    ...(carrier === undefined ? {} : { carrier }),
  });
}

async function makeRows(router: ShardRouter, shards: readonly ShardConfig[]): Promise<readonly bigint[]> {
  const numbers = Array.from({ length: ROWS }, () => router.drawNumber(0));
  await withShardSessions(shards, async (session) => {
    await session.execute(
      `CREATE TABLE bench_rows (
         number BIGINT NOT NULL, bucket SMALLINT UNSIGNED NOT NULL, visits INT UNSIGNED NOT NULL,
         note VARCHAR(200) NOT NULL, changed_at DATETIME(3) NOT NULL, PRIMARY KEY (number)
       ) ENGINE = InnoDB`,
    );
    await session.execute(
      `INSERT INTO bench_rows (number, bucket, visits, note, changed_at)
       VALUES ${numbers.map(() => '(?, ?, 0, ?, UTC_TIMESTAMP(3))').join(', ')}`,
      numbers.flatMap((number) => [
        number,
        router.bucketOf(number),
        'A note of an ordinary length, '.repeat(4),
      ]),
    );
  });
  return numbers;
}

function barePool(url: string, trace: boolean): Pool {
  const { hostname, port, username, password, pathname } = new URL(url);
  const pool = createPool({
    host: hostname,
    port: Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
    connectionLimit: POOL_SIZE,
    trace,
    charset: 'utf8mb4_bin',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    jsonStrings: true,
    namedPlaceholders: true,
    stringifyObjects: true,
    enableKeepAlive: true,
  });
  pool.on('connection', (connection) => {
    // The pool's own connections, and so this one, speak in callbacks.
    connection.query(
      `SET time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'`,
    ) as unknown;
    connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY') as unknown;
  });
  return pool;
}
