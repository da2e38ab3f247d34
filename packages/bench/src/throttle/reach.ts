import { connectEventBus, busTopic } from '@ordershard/event-bus';
import {
  changeInflow,
  inflowChanged,
  type InflowLimit,
  migrate,
  readApiSettings,
  ShardCatalogue,
} from '@ordershard/order-service';
import { connectShardRouter } from '@ordershard/shard-router';
import { mintToken, type OwnProcess, startProcess } from '@ordershard/stack';
import { API } from '../rebuild/scene.ts';

/** Instances that are started at once: each takes a core for a second. */
const STARTED_AT_ONCE = 2;

export interface ReachOptions {
  /** The variables of a stack with MySQL, Kafka and MongoDB, with names of its own on it. */
  readonly env: Readonly<Record<string, string>>;
  /** API processes. */
  readonly instances: number;
  /** How often a limit is set and lifted. */
  readonly changes: number;
  readonly progress?: (message: string) => void;
}

/** Milliseconds, of each change at each instance, from the moment at which it is published. */
export interface Reach {
  readonly setMs: readonly number[];
  readonly liftMs: readonly number[];
  /** Until a bare member of the bus has received the same changes. */
  readonly busMs: readonly number[];
  /** From the operator's call to its publishing: what it takes to store it. */
  readonly storeMs: readonly number[];
  /** Answers to an order at each instance after each change: the status, by how often it came. */
  readonly whileSet: Readonly<Record<string, number>>;
  readonly whileLifted: Readonly<Record<string, number>>;
}

/** Sets and lifts a limit of the inflow, and looks at each of some API processes when it has come and whether it holds. */
export async function reach({ env, instances, changes, progress }: ReachOptions): Promise<Reach> {
  const { ORDERSHARD_CLUSTER: clusterId, shards } = readApiSettings(env);
  await migrate(clusterId, shards.shards);
  const ends: (() => Promise<unknown>)[] = [];
  try {
    const router = await connectShardRouter({ clusterId, ...shards });
    ends.push(() => router.close());
    await new ShardCatalogue(router).putShop({
      shopId: 's-1',
      name: 'S',
      currency: 'KRW',
      menus: new Map([['m-1', { menuId: 'm-1', name: 'M', price: 1_000n }]]),
    });
    const bus = async (id: string) => {
      const joined = await connectEventBus({
        brokers: env['ORDERSHARD_KAFKA_BROKERS']!.split(','),
        topic: busTopic(env['ORDERSHARD_TOPIC_PREFIX'] ?? ''),
        server: 'bench',
        id,
        events: [inflowChanged],
      });
      ends.push(() => joined.close());
      return joined;
    };
    const [operator, listener] = [await bus('operator'), await bus('listener')];
    const apis: OwnProcess[] = [];
    for (let started = 0; started < instances; started += STARTED_AT_ONCE) {
      const more = Math.min(STARTED_AT_ONCE, instances - started);
      apis.push(...(await Promise.all(Array.from({ length: more }, () => startApi(env)))));
    }
    ends.push(() => Promise.all(apis.map((api) => api.kill())));
    await Promise.all(apis.map(({ port }) => untilOnBus(port)));
    progress?.(`${instances} instances are on the bus`);

    const told = new Map<string, PromiseWithResolvers<number>>();
    listener.on(inflowChanged, ({ change }) => told.get(change.revision)?.resolve(Date.now()));
    const token = await mintToken({ role: 'member', subject: 'm-1' }, env);
    const place = () => Promise.all(apis.map(({ port }) => statusOf(port, token)));
    const result = { setMs: [], liftMs: [], busMs: [], storeMs: [] } as Record<string, number[]>;
    const whileSet: Record<string, number> = {};
    const whileLifted: Record<string, number> = {};

    const change = async (limit: InflowLimit | null, latencies: number[]) => {
      const called = Date.now();
      let published = called;
      const waiting = Promise.withResolvers<number>();
      const {
        change: { revision },
      } = await changeInflow(
        {
          router,
          clusterId,
          bus: {
            publish: async (event, body, options) => {
              told.set((body as { change: { revision: string } }).change.revision, waiting);
              published = Date.now();
              await operator.publish(event, body, options);
            },
          },
        },
        { scope: 'all', limit, by: 'bench', reason: 'a bench', forMs: 600_000 },
      );
      const lines = await Promise.all(apis.map((api) => api.logged((line) => line['revision'] === revision)));
      latencies.push(...lines.map((line) => Number(line['time']) - published));
      result['busMs']!.push((await waiting.promise) - published);
      result['storeMs']!.push(published - called);
    };
    for (let round = 0; round < changes; round += 1) {
      await change({ share: 0 }, result['setMs']!);
      count(whileSet, await place());
      await change(null, result['liftMs']!);
      count(whileLifted, await place());
    }
    return { ...result, whileSet, whileLifted } as unknown as Reach;
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

function startApi(env: Readonly<Record<string, string>>): Promise<OwnProcess> {
  return startProcess({
    file: API,
    args: ['serve'],
    env: { ...env, ORDERSHARD_API_PORT: '0', ORDERSHARD_LOG_LEVEL: 'info' },
    readyWithinMs: 120_000,
  });
}

async function untilOnBus(port: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
    if (((await answer.json()) as { bus?: string }).bus === 'up') return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function statusOf(port: number, token: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/orders`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{"shopId":"s-1","items":[{"menuId":"m-1","quantity":1}]}',
  });
  const { type } = (await answer.json()) as { type?: string };
  return type === undefined ? String(answer.status) : `${answer.status} ${type.split(':').at(-1)}`;
}

function count(counts: Record<string, number>, seen: readonly string[]): void {
  for (const each of seen) counts[each] = (counts[each] ?? 0) + 1;
}
