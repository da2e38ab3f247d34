import {
  connectShardRouter,
  initialiseCluster,
  migrateShards,
  ROUTER_MIGRATIONS,
  type ShardConfig,
  type ShardRouter,
  shardsFromUrls,
  withShardSessions,
} from '@ordershard/shard-router';
import { startStack, type Stack } from '@ordershard/stack';

const CLUSTER = 'bench';

/** Limits of the router, shorter than its defaults so that a round need not be long. Milliseconds. */
export const LIMITS = { statementTimeoutMs: 2_000, queueTimeoutMs: 2_000, connectTimeoutMs: 1_000 } as const;

/** Three shards, each on a server of its own that can be struck. */
export interface IsolationCluster {
  readonly stack: Stack;
  readonly shards: readonly ShardConfig[];
  readonly router: ShardRouter;
  /** Writes one row to a shard, in a transaction of a number of it. Resolves to the number once it is committed. */
  write(shard: number): Promise<bigint>;
  close(): Promise<void>;
}

export async function openCluster(progress: (message: string) => void): Promise<IsolationCluster> {
  const stack = await startStack({ ephemeral: true, parts: ['mysql'], shards: 3, onProgress: progress });
  try {
    const shards = shardsFromUrls(stack.env['ORDERSHARD_MYSQL_URLS']!.split(','));
    await migrateShards(shards, [ROUTER_MIGRATIONS]);
    await initialiseCluster({ clusterId: CLUSTER, shards });
    await withShardSessions(shards, (session) =>
      session.execute(
        `CREATE TABLE bench_rows (
           number BIGINT NOT NULL, bucket SMALLINT UNSIGNED NOT NULL, note VARCHAR(200) NOT NULL,
           PRIMARY KEY (number)
         ) ENGINE = InnoDB`,
      ),
    );
    const router = await connectShardRouter({ clusterId: CLUSTER, shards, limits: LIMITS });
    return {
      stack,
      shards,
      router,
      write: async (shard) => {
        const number = router.drawNumber(shard);
        await router.transaction({ number, fresh: true }, (tx) =>
          tx.execute('INSERT INTO bench_rows (number, bucket, note) VALUES (?, ?, ?)', [
            number,
            tx.bucket,
            'A note of an ordinary length, '.repeat(4),
          ]),
        );
        return number;
      },
      close: async () => {
        await router.close();
        await stack.stop();
      },
    };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}
