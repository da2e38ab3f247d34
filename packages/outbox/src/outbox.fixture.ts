import { fileURLToPath } from 'node:url';
import {
  connectShardRouter,
  initialiseCluster,
  migrateShards,
  ROUTER_MIGRATIONS,
  type ShardConfig,
  type ShardRouter,
  shardsFromUrls,
} from '@ordershard/shard-router';
import { Admin } from '@platformatic/kafka';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { ORDERS_TOPIC, outboxTableOf, outboxTablesOf } from './append/topic.ts';
import { TopicReader } from './topic-reader.fixture.ts';

const ORDER_MIGRATIONS = fileURLToPath(new URL('../../../migrations', import.meta.url));

/** The file that runs as the relay's process. */
export const RELAY = fileURLToPath(new URL('bin.ts', import.meta.url));

/** An event to be put into an outbox table. */
export interface TestEvent {
  readonly order: string;
  readonly version: number;
  /** Makes it larger. */
  readonly note?: string;
}

/** What outbox_relays says of a table. */
export interface RelayState {
  readonly table: string;
  readonly holder: string;
  readonly token: number;
  readonly settledId: number;
  readonly gaps: string;
  /** Whether the lease runs. */
  readonly held: boolean;
}

/** Databases of a cluster of its own, with a topic prefix, on the servers of the test run. */
export class OutboxCluster {
  readonly clusterId: string;
  readonly env: Readonly<Record<string, string>>;
  readonly shards: readonly ShardConfig[];
  readonly #namespace: Namespace;
  readonly #open: { end(): Promise<void> }[] = [];

  private constructor(clusterId: string, namespace: Namespace) {
    const { env } = namespace;
    this.clusterId = clusterId;
    this.env = { ...env, ORDERSHARD_CLUSTER: clusterId };
    this.shards = shardsFromUrls(env['ORDERSHARD_MYSQL_URLS']!.split(','));
    this.#namespace = namespace;
  }

  static async create(label: string): Promise<OutboxCluster> {
    const cluster = new OutboxCluster(label, await testNamespace(label));
    await migrateShards(cluster.shards, [ROUTER_MIGRATIONS, ORDER_MIGRATIONS]);
    await initialiseCluster({ clusterId: label, shards: cluster.shards });
    for (const { id } of cluster.shards) {
      const connection = await cluster.connect(id);
      for (const table of outboxTablesOf(ORDERS_TOPIC)) {
        await connection.query(
          `ALTER TABLE ${table} ADD PARTITION (PARTITION p_rest VALUES LESS THAN (MAXVALUE))`,
        );
      }
    }
    return cluster;
  }

  get topic(): string {
    return `${this.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}${ORDERS_TOPIC.topic}`;
  }

  get brokers(): string[] {
    return this.env['ORDERSHARD_KAFKA_BROKERS']!.split(',');
  }

  /** A connection to a shard that may write to all buckets. */
  async connect(shard: number): Promise<Connection> {
    const connection = await createConnection({ uri: this.shards[shard]!.writer, timezone: 'Z' });
    this.#open.push({ end: async () => connection.destroy() });
    await connection.query(`SET time_zone = '+00:00', @ordershard_bucket = -1`);
    return connection;
  }

  async router(): Promise<ShardRouter> {
    const router = await connectShardRouter({ clusterId: this.clusterId, shards: this.shards });
    this.#open.push({ end: () => router.close() });
    return router;
  }

  /** Reads a topic, that of the snapshots unless another is named, from its beginning; it must exist. */
  async reader(name: string = ORDERS_TOPIC.topic): Promise<TopicReader> {
    const reader = await TopicReader.open(
      this.brokers,
      `${this.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}${name}`,
    );
    this.#open.push({ end: () => reader.close() });
    return reader;
  }

  async relayStates(shard: number): Promise<RelayState[]> {
    const connection = await this.connect(shard);
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT table_name, holder, token, settled_id, gaps, leased_until > UTC_TIMESTAMP(3) AS held
         FROM outbox_relays ORDER BY table_name`,
    );
    await connection.end();
    return rows.map((row) => ({
      table: String(row['table_name']),
      holder: String(row['holder']),
      token: Number(row['token']),
      settledId: Number(row['settled_id']),
      gaps: String(row['gaps']),
      held: row['held'] === 1,
    }));
  }

  /** Ends what is open and removes the databases and topics. */
  async end(): Promise<void> {
    await Promise.all(this.#open.map((part) => part.end()));
    await this.#namespace.drop();
  }
}

/** Puts events into the outbox table of their orders, in the connection's transaction if it has one. */
export async function insertEvents(connection: Connection, events: readonly TestEvent[]): Promise<void> {
  const byTable = new Map<string, TestEvent[]>();
  for (const event of events) {
    const table = outboxTableOf(ORDERS_TOPIC, event.order);
    byTable.set(table, [...(byTable.get(table) ?? []), event]);
  }
  for (const [table, rows] of byTable) {
    await connection.query(
      `INSERT INTO ${table} (day, event_id, aggregatetype, aggregateid, type, sequence, bucket, payload, occurred_at)
       VALUES ?`,
      [
        rows.map(({ order, version, note }) => [
          new Date().toISOString().slice(0, 10),
          `${order}-${version}`,
          ORDERS_TOPIC.name,
          order,
          'order.paid',
          version,
          0,
          JSON.stringify({ number: order, version, items: [], note }),
          '2026-01-02 03:04:05.678',
        ]),
      ],
    );
  }
}

/** Says how large a message of a cluster's topic may be, in bytes. */
export async function limitTopic({ brokers, topic }: OutboxCluster, bytes: number): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: brokers });
  await admin.incrementalAlterConfigs({
    resources: [
      {
        resourceType: 2,
        resourceName: topic,
        configs: [{ name: 'max.message.bytes', configOperation: 0, value: String(bytes) }],
      },
    ],
  });
  await admin.close();
}

/** Waits until a condition holds, looking every 50 ms; fails after 100 s with what was waited for. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 100_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
