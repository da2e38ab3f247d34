import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  changeOrders,
  type CommandParts,
  migrate,
  placeOrders,
  readApiSettings,
  ShardCatalogue,
} from '@ordershard/order-service';
import {
  connectShardRouter,
  encodeNumber,
  lowestNumberAt,
  type ShardRouter,
  shardsFromUrls,
} from '@ordershard/shard-router';
import { type Namespace, type OwnProcess, startProcess } from '@ordershard/stack';
import { type Collection, type Db, MongoClient } from 'mongodb';
import { withServerActivity } from './server-activity.ts';

const file = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

export const RELAY = file('outbox/src/bin.ts');
export const READ_MODEL = file('read-model/src/bin.ts');
export const API = file('order-service/src/bin.ts');

const DAY_MS = 86_400_000;

const CONTEXT = { caller: { role: 'service', subject: 'importer' } } as const;

/** A document of the views. */
export type ViewDocument = { _id: bigint; version: number } & Record<string, unknown>;

/** How a command of the read model ended. */
export interface CommandEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The JSON of its last line. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly stdout: string;
  readonly stderr: string;
}

/** Shards, relay, projector and views of a run of its own. */
export class ReadModelScene {
  readonly env: Readonly<Record<string, string>>;
  readonly router: ShardRouter;
  readonly db: Db;
  readonly #namespace: Namespace;
  readonly #parts: CommandParts;
  readonly #mongo: MongoClient;
  readonly #processes = new Set<OwnProcess>();

  private constructor(namespace: Namespace, router: ShardRouter, mongo: MongoClient) {
    this.#namespace = namespace;
    this.env = namespace.env;
    this.router = router;
    this.#mongo = mongo;
    this.db = mongo.db();
    this.#parts = {
      router,
      catalogue: new ShardCatalogue(router),
      source: '/bench/orders',
      now: () => new Date(),
    };
  }

  static async create(namespace: Namespace): Promise<ReadModelScene> {
    const { ORDERSHARD_CLUSTER: clusterId } = readApiSettings(namespace.env);
    const shards = shardsFromUrls(namespace.env['ORDERSHARD_MYSQL_URLS']!.split(','));
    await migrate(clusterId, shards);
    const router = await connectShardRouter({
      clusterId,
      shards,
      // A machine that is busy for a while is not to look like a shard that is down.
      limits: { queueTimeoutMs: 120_000, statementTimeoutMs: 120_000 },
    });
    const url = namespace.env['ORDERSHARD_MONGODB_URL']!;
    const scene = new ReadModelScene(namespace, router, new MongoClient(url, { useBigInt64: true }));
    await scene.#parts.catalogue.putShop({
      shopId: 'shop-1',
      name: '떡볶이 "1"',
      currency: 'KRW',
      menus: new Map([['rice', { menuId: 'rice', name: 'Rice $set', price: 9_007_199_254_740_993n }]]),
    });
    return scene;
  }

  /** The views, for code that changes them by hand. */
  views(name = 'order_views'): Collection<ViewDocument> {
    return this.db.collection<ViewDocument>(name);
  }

  async start(
    script: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<OwnProcess> {
    const started = await startProcess({ file: script, args, env: { ...this.env, ...env } });
    this.#processes.add(started);
    return started;
  }

  /** Places orders; throws when one fails. */
  place(count: number, note?: string): Promise<bigint[]> {
    return this.#place(count, (n) => `m-${n % 50}`, note);
  }

  /** Places orders of one member; throws when one fails. */
  placeFor(memberId: string, count: number): Promise<bigint[]> {
    return this.#place(count, () => memberId);
  }

  async #place(count: number, memberOf: (n: number) => string, note?: string): Promise<bigint[]> {
    const lines = Array.from({ length: count }, (_, n) => ({
      request: {
        memberId: memberOf(n),
        shopId: 'shop-1',
        items: [{ menuId: 'rice', quantity: 1 + (n % 3) }],
        ...(note === undefined ? {} : { note }),
      },
    }));
    const placing = placeOrders(this.#parts, lines, CONTEXT).then((results) =>
      results.map((result) => {
        if (result.status === 'rejected') throw result.reason;
        return BigInt(result.value.snapshot.number);
      }),
    );
    return withServerActivity(this.router, placing);
  }

  /** Gives each order a command; throws when one fails. */
  async change(numbers: readonly bigint[], type: 'pay' | 'accept' | 'cook' | 'ready'): Promise<void> {
    const lines = numbers.map((number) => ({ number, command: { type, by: 'service' as const } }));
    for (const result of await changeOrders(this.#parts, lines, CONTEXT)) {
      if (result.status === 'rejected') throw result.reason;
    }
  }

  /** Places and changes orders at some rate until it is stopped; `stop` returns how many were placed. */
  traffic(perRound = 20, pauseMs = 100): { stop(): Promise<number>; readonly numbers: readonly bigint[] } {
    const stopping = new AbortController();
    const numbers: bigint[] = [];
    const work = (async () => {
      while (!stopping.signal.aborted) {
        const placed = await this.place(perRound);
        numbers.push(...placed);
        for (const type of ['pay', 'accept', 'cook'] as const) await this.change(placed, type);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
      return numbers.length;
    })();
    work.catch(() => undefined);
    return {
      numbers,
      stop: () => {
        stopping.abort();
        return work;
      },
    };
  }

  /** Takes some orders through their states, a few at a time, until it is stopped or all are at their last. */
  changing(numbers: readonly bigint[], atOnce = 50, pauseMs = 200): { stop(): Promise<void> } {
    const stopping = new AbortController();
    const work = (async () => {
      for (const type of ['pay', 'accept', 'cook', 'ready'] as const) {
        for (let from = 0; from < numbers.length && !stopping.signal.aborted; from += atOnce) {
          await this.change(numbers.slice(from, from + atOnce), type);
          await new Promise((resolve) => setTimeout(resolve, pauseMs));
        }
      }
    })();
    work.catch(() => undefined);
    return {
      stop: () => {
        stopping.abort();
        return work;
      },
    };
  }

  /** Makes views of orders that are past the retention, and raises the fences above them; returns the numbers. */
  async expire(count: number): Promise<bigint[]> {
    const model = (await this.views().findOne({}))!;
    const first = encodeNumber({ timeMs: Date.now() - 40 * DAY_MS, worker: 1, sequence: 0 });
    const numbers = Array.from({ length: count }, (_, n) => first + BigInt(n));
    await this.views().insertMany(numbers.map((_id) => ({ ...model, _id })));
    const lowest = lowestNumberAt(Date.now() - 35 * DAY_MS);
    for (const shard of this.router.allShards()) {
      await this.router.onShard(shard, (session) =>
        session.execute('UPDATE bucket_fences SET writable_from = ?, readable_from = ?', [lowest, lowest]),
      );
    }
    return numbers;
  }

  /** Runs a command of the read model; throws with what it said unless it ends with 0. */
  async command(args: readonly string[]): Promise<CommandEnd> {
    const end = await this.readModel(args);
    if (end.exitCode === 0) return end;
    throw new Error(`read-model ${args.join(' ')} ended with ${end.exitCode}: ${end.stderr}${end.stdout}`);
  }

  /** Runs a command of the read model to its end, or until `signal` aborts: then the command is killed. */
  async readModel(args: readonly string[], signal?: AbortSignal): Promise<CommandEnd> {
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        ['--conditions=source', '--no-warnings', READ_MODEL, ...args],
        { env: { ...process.env, NODE_OPTIONS: '', ...this.env }, maxBuffer: 64 * 1_048_576 },
        (_error, stdout, stderr) => {
          const line = stdout.trimEnd().split('\n').at(-1) ?? '';
          const json = (line.startsWith('{') ? JSON.parse(line) : {}) as Record<string, unknown>;
          resolve({ exitCode: child.exitCode, signal: child.signalCode, json, stdout, stderr });
        },
      );
      signal?.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
    });
  }

  async end(): Promise<void> {
    await Promise.all([...this.#processes].map((running) => running.kill()));
    await this.router.close();
    await this.#mongo.close();
    await this.#namespace.drop();
  }
}

/**
 * Waits until a condition holds, and looks every 50 ms. Throws after two minutes, or `withinMs`, an error that names what it
 * waited for.
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 120_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
