import { announceMap, busMapNotifier, connectEventBus, shardMapChanged } from '@ordershard/event-bus';
import {
  connectShardRouter,
  DEFAULT_BUCKETS,
  initialiseCluster,
  initialMap,
  migrateShards,
  nextMap,
  publishMap,
  ROUTER_MIGRATIONS,
  type RouterOptions,
  shardsFromUrls,
} from '@ordershard/shard-router';

const CLUSTER = 'bus';

/** Milliseconds between two polls for a map: so long that no poll happens during this run. */
const NO_POLLING_MS = 3_600_000;

/** How long all instances together may take for one change, milliseconds. */
const PATIENCE_MS = 60_000;

export interface FanOutOptions {
  /** The variables of a stack with MySQL and Kafka, with databases and a topic prefix of its own. */
  readonly env: Readonly<Record<string, string>>;
  /** Routers, each with a bus of its own. */
  readonly instances: number;
  /** Changes of the map, one after the other. */
  readonly changes: number;
  readonly progress?: (message: string) => void;
}

export interface FanOut {
  /** From the call that announces a change to its map being in use, milliseconds: of each change at each instance. */
  readonly latenciesMs: readonly number[];
  /** How often each instance has loaded the map for the changes; as often as there were changes, when all is well. */
  readonly loads: readonly number[];
}

/**
 * Changes the shard map of a cluster, and announces each change to many routers over the bus. Each router has pools, a map
 * and a bus of its own. All live in this process, so that one clock times them. The operator that publishes is an instance of
 * its own.
 */
export async function fanOut({ env, instances, changes, progress }: FanOutOptions): Promise<FanOut> {
  const shards = shardsFromUrls(env['ORDERSHARD_MYSQL_URLS']!.split(','));
  await migrateShards(shards, [ROUTER_MIGRATIONS]);
  await initialiseCluster({ clusterId: CLUSTER, shards });
  const open: (() => Promise<void>)[] = [];
  const bus = async (server: string, id: string) => {
    const joined = await connectEventBus({
      brokers: env['ORDERSHARD_KAFKA_BROKERS']!.split(','),
      topic: `${env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}bus`,
      server,
      id,
      events: [shardMapChanged],
    });
    open.push(() => joined.close());
    return joined;
  };
  const router = async (options: Partial<RouterOptions> = {}) => {
    const connected = await connectShardRouter({
      clusterId: CLUSTER,
      shards,
      numbers: false,
      poolSize: 2,
      mapPollMs: NO_POLLING_MS,
      ...options,
    });
    open.push(() => connected.close());
    return connected;
  };
  const loads: number[] = [];
  try {
    const operator = await bus('rebalance', 'operator');
    const access = await router();
    let loaded: (instance: number, version: number, error: unknown) => void = () => undefined;
    for (let instance = 0; instance < instances; instance += 1) {
      loads.push(0);
      const notifier = busMapNotifier(await bus('router', String(instance)), CLUSTER);
      await router({
        notifier,
        observer: { mapReloaded: (version, error) => loaded(instance, version, error) },
      });
    }
    progress?.(`${instances} routers are on the bus`);
    const latenciesMs: number[] = [];
    let map = initialMap(
      CLUSTER,
      DEFAULT_BUCKETS,
      shards.map(({ id }) => id),
    );
    for (let change = 0; change < changes; change += 1) {
      map = nextMap(map, map);
      const { version } = map;
      await publishMap(map, access.allShards(), (shard, fn) => access.onShard(shard, fn));
      const all = Promise.withResolvers<void>();
      all.promise.catch(() => undefined); // Thrown where it is waited for.
      const waiting = new Set(loads.keys());
      const announced = performance.now();
      loaded = (instance, seen, error) => {
        loads[instance]! += 1;
        if (error !== undefined) all.reject(error as Error);
        if (seen === version && waiting.delete(instance)) latenciesMs.push(performance.now() - announced);
        if (waiting.size === 0) all.resolve();
      };
      await announceMap(operator, map);
      await within(all.promise, () => `${waiting.size} instances did not take map version ${version}`);
    }
    return { latenciesMs, loads };
  } finally {
    // Closing waits for what a router still loads, so that it is counted before this function returns its result.
    for (const close of open.toReversed()) await close();
  }
}

async function within(work: Promise<void>, late: () => string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(late())), PATIENCE_MS);
  });
  try {
    await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
