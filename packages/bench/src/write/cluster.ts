import { migrate } from '@ordershard/order-service';
import {
  connectShardRouter,
  type ShardConfig,
  type ShardRouter,
  withShardSessions,
} from '@ordershard/shard-router';
import { type MysqlFlavour, serversOf, startStack } from '@ordershard/stack';
import { requireDurable } from './durability.ts';

/** What the benchmarks call their cluster. */
export const CLUSTER = 'bench';

/** Which rows of the fences are the current ones, as the holder of the shard map knows. */
export interface KnownFences {
  /** Where the range of order numbers begins that is written now, decimal text. */
  readonly rangeFrom: string;
  /** The generation of keys that are written now. */
  readonly keyGeneration: number;
}

/** The shards that orders are placed on, one MySQL server each, with the whole schema of the order store. */
export interface WriteCluster {
  readonly clusterId: string;
  readonly shards: readonly ShardConfig[];
  /** Draws numbers and knows buckets and owners, for all contenders. */
  readonly router: ShardRouter;
  /** The newest rows of the fences, for those who count them rather than read them. */
  readonly fences: KnownFences;
  /** The version that the servers say they are. */
  readonly serverVersion: string;
  /** Process ids of the servers; empty for servers that are not processes of this machine. */
  readonly serverPids: readonly number[];
  close(): Promise<void>;
}

export interface WriteClusterOptions {
  readonly shards: number;
  readonly mysql?: MysqlFlavour;
  readonly progress: (message: string) => void;
}

/**
 * Starts the servers, which end with this process, and makes them the shards of an order store.
 * @throws NotDurableError when a server may lose what it has committed
 */
export async function openWriteCluster({
  shards: count,
  mysql,
  progress,
}: WriteClusterOptions): Promise<WriteCluster> {
  const stack = await startStack({
    ephemeral: true,
    parts: ['mysql'],
    shards: count,
    ...(mysql === undefined ? {} : { mysqlFlavour: mysql }),
    onProgress: progress,
  });
  try {
    const pids = serversOf(stack, 'mysql').flatMap(({ pid }) => pid ?? []);
    const shards = stack.env['ORDERSHARD_MYSQL_URLS']!.split(',').map((writer, id) => ({ id, writer }));
    return await prepareCluster(shards, pids, () => stack.stop());
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/**
 * Makes databases that are there the shards of an order store.
 *
 * @param end what is done last when the cluster is closed
 * @throws NotDurableError when a server may lose what it has committed
 */
export async function prepareCluster(
  shards: readonly ShardConfig[],
  serverPids: readonly number[],
  end: () => Promise<void>,
): Promise<WriteCluster> {
  const versions = await withShardSessions(shards, requireDurable);
  await migrate(CLUSTER, shards);
  const router = await connectShardRouter({ clusterId: CLUSTER, shards });
  const [fences] = await withShardSessions([shards[0]!], async (session) => {
    const [row] = await session.query<KnownFences>(
      `SELECT (SELECT MAX(range_from) FROM bucket_fences) AS rangeFrom,
              (SELECT MAX(key_generation) FROM key_fences) AS keyGeneration`,
    );
    return row!;
  });
  return {
    clusterId: CLUSTER,
    shards,
    router,
    fences: fences!,
    serverVersion: versions[0]!,
    serverPids,
    close: async () => {
      await router.close();
      await end();
    },
  };
}
