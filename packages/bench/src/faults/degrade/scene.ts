import { migrate, readApiSettings, ShardCatalogue } from '@ordershard/order-service';
import { connectShardRouter, type ShardRouter } from '@ordershard/shard-router';
import {
  createNamespace,
  mintToken,
  type MysqlFlavour,
  type OwnProcess,
  type ServerHandle,
  startProcess,
  startStack,
} from '@ordershard/stack';
import { GOOD_MANNER } from '@ordershard/third-parties';
import { MongoClient } from 'mongodb';
import { withoutUsersServers } from '../../own-servers.ts';
import { API, READ_MODEL, RELAY } from '../../rebuild/scene.ts';
import { FakeProcess, THIRD_PARTIES } from '../../third-parties/fake.ts';

/** The product's processes. The API runs twice. */
export const ROLES = {
  'api-0': { file: API, args: ['serve'] },
  'api-1': { file: API, args: ['serve'] },
  relay: { file: RELAY, args: ['relay'] },
  projector: { file: READ_MODEL, args: ['project'] },
  'third-parties': { file: THIRD_PARTIES, args: ['work'] },
} as const;

export type RoleName = keyof typeof ROLES;
export type ServerName = 'mysql-0' | 'mysql-1' | 'kafka' | 'mongodb';

/** How third parties behave while no fault is done to them. */
export const CALM = { ...GOOD_MANNER, lies: 0, stepMs: 100 };

const READY_MS = 120_000;

export interface SceneOptions {
  readonly seed: number;
  readonly mysql: MysqlFlavour | undefined;
  readonly progress: (message: string) => void;
}

/** The whole system: servers, the product's processes and third parties, all of them this run's own. */
export class Scene {
  readonly router: ShardRouter;
  readonly mongo: MongoClient;
  readonly fake: FakeProcess;
  readonly token: string;
  readonly env: Readonly<Record<string, string>>;
  readonly #servers: (name: ServerName) => ServerHandle;
  readonly #processes = new Map<RoleName, OwnProcess>();
  readonly #ports = new Map<RoleName, number>();
  readonly #end: () => Promise<void>;

  private constructor(parts: {
    router: ShardRouter;
    mongo: MongoClient;
    fake: FakeProcess;
    token: string;
    env: Readonly<Record<string, string>>;
    server: (name: ServerName) => ServerHandle;
    end: () => Promise<void>;
  }) {
    this.router = parts.router;
    this.mongo = parts.mongo;
    this.fake = parts.fake;
    this.token = parts.token;
    this.env = parts.env;
    this.#servers = parts.server;
    this.#end = parts.end;
  }

  static async open({ seed, mysql, progress }: SceneOptions): Promise<Scene> {
    const stack = await startStack({
      ephemeral: true,
      env: withoutUsersServers(),
      parts: ['mysql', 'kafka', 'mongodb'],
      shards: 2,
      ...(mysql === undefined ? {} : { mysqlFlavour: mysql }),
      onProgress: progress,
    });
    const ends: (() => Promise<unknown>)[] = [() => stack.stop()];
    const end = async () => {
      for (const each of ends.toReversed()) await each();
    };
    try {
      const { env } = await createNamespace(stack, 'degrade');
      const { ORDERSHARD_CLUSTER: clusterId, shards } = readApiSettings(env);
      await migrate(clusterId, shards.shards);
      const router = await connectShardRouter({ clusterId, ...shards });
      ends.push(() => router.close());
      const menu = { menuId: 'rice', name: 'Rice', price: 9_007_199_254_740_993n };
      await new ShardCatalogue(router).putShop({
        shopId: 's-1',
        name: 'S',
        currency: 'KRW',
        menus: new Map([['rice', menu]]),
      });
      const mongo = new MongoClient(env['ORDERSHARD_MONGODB_URL']!, { useBigInt64: true });
      ends.push(() => mongo.close());
      const fake = await FakeProcess.start(seed, clusterId);
      ends.push(() => fake.kill());
      await fake.set('all', CALM);
      const scene = new Scene({
        router,
        mongo,
        fake,
        token: await mintToken({ role: 'member', subject: 'm-1', ttlSeconds: 86_400 }, env),
        env,
        server: (name) => stack.part(name),
        end,
      });
      ends.push(() => Promise.all([...scene.#processes.values()].map((running) => running.kill())));
      for (const role of Object.keys(ROLES) as RoleName[]) await scene.start(role);
      return scene;
    } catch (error) {
      await end();
      throw error;
    }
  }

  /** Starts a process; again on the port that it had, where it serves callers. */
  async start(role: RoleName): Promise<void> {
    const port = String(this.#ports.get(role) ?? 0);
    const started = await startProcess({
      ...ROLES[role],
      env: {
        ...this.env,
        ...this.fake.env,
        ...(role.startsWith('api') ? { ORDERSHARD_API_PORT: port } : { ORDERSHARD_HEALTH_PORT: port }),
        ORDERSHARD_INSTANCE_ID: role,
        ORDERSHARD_LOG_LEVEL: 'info',
        ORDERSHARD_CHECK_EVERY_MS: '2000',
        ORDERSHARD_CHECK_AFTER_MS: '3000',
      },
      readyWithinMs: READY_MS,
    });
    this.#processes.set(role, started);
    this.#ports.set(role, started.port);
  }

  server(name: ServerName): ServerHandle {
    return this.#servers(name);
  }

  process(role: RoleName): OwnProcess {
    return this.#processes.get(role)!;
  }

  /** Where the instances of the API answer. */
  get origins(): readonly string[] {
    return (['api-0', 'api-1'] as const).map((role) => `http://127.0.0.1:${this.#ports.get(role)}`);
  }

  /** What a process says of itself; undefined when it does not answer. */
  async readiness(role: RoleName): Promise<Readonly<Record<string, unknown>> | undefined> {
    try {
      const signal = AbortSignal.timeout(5_000);
      const answer = await fetch(`http://127.0.0.1:${this.#ports.get(role)}/readyz`, { signal });
      return (await answer.json()) as Record<string, unknown>;
    } catch {
      return undefined;
    }
  }

  close(): Promise<void> {
    return this.#end();
  }
}
