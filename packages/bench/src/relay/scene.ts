import { createConnection } from 'mysql2/promise';
import { ORDERS_TOPIC, outboxTablesOf } from '@ordershard/outbox';
import { migrate } from '@ordershard/order-service';
import { type ShardConfig, shardsFromUrls } from '@ordershard/shard-router';
import { serversOf, startStack } from '@ordershard/stack';
import { eventRows } from './rows.ts';

const CLUSTER = 'bench';
const SHARDS = 2;
const INSERT_ROWS = 1_000;

/** An outbox table of a shard. */
export interface Place {
  readonly shard: number;
  readonly table: string;
}

/** Shards with full outbox tables, a broker, and a Connect worker. They end with this process. */
export interface RelayScene {
  readonly clusterId: string;
  /** The variables of a relay, all but the topic prefix. */
  readonly env: Readonly<Record<string, string>>;
  readonly shards: readonly ShardConfig[];
  readonly brokers: readonly string[];
  /** All outbox tables, those of the shards in turn. */
  readonly places: readonly Place[];
  /** Process ids of the Connect worker, where it is a process of this machine. */
  readonly connectPids: readonly number[];
  /** Process ids of all servers, where they are processes of this machine. */
  readonly serverPids: readonly number[];
  /** Empties all outbox tables, and puts `rows` rows into each of some tables. */
  putRows(places: readonly Place[], rows: number): Promise<void>;
  /** Forgets what is published, so that all rows are relayed again. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function openScene(connect: boolean, progress: (message: string) => void): Promise<RelayScene> {
  const stack = await startStack({
    ephemeral: true,
    shards: SHARDS,
    parts: ['mysql', 'kafka', ...(connect ? (['connect'] as const) : [])],
    onProgress: progress,
  });
  try {
    const shards = shardsFromUrls(stack.env['ORDERSHARD_MYSQL_URLS']!.split(','));
    await migrate(CLUSTER, shards);
    const tables = outboxTablesOf(ORDERS_TOPIC);
    const onEach = async (
      work: (shard: number, sql: (text: string, values?: unknown[]) => Promise<void>) => Promise<void>,
    ) => {
      for (const { id, writer } of shards) {
        const connection = await createConnection({ uri: writer, timezone: 'Z' });
        await connection.query(`SET time_zone = '+00:00', @ordershard_bucket = -1`);
        await work(id, async (text, values) => void (await connection.query(text, values)));
        await connection.end();
      }
    };
    return {
      clusterId: CLUSTER,
      env: { ...stack.env, ORDERSHARD_CLUSTER: CLUSTER },
      shards,
      brokers: stack.env['ORDERSHARD_KAFKA_BROKERS']!.split(','),
      places: tables.flatMap((table) => shards.map(({ id }) => ({ shard: id, table }))),
      connectPids: connect ? serversOf(stack, 'connect').flatMap(({ pid }) => pid ?? []) : [],
      serverPids: (['mysql', 'kafka', ...(connect ? (['connect'] as const) : [])] as const).flatMap((part) =>
        serversOf(stack, part).flatMap(({ pid }) => pid ?? []),
      ),
      putRows: (places, rows) =>
        onEach(async (shard, sql) => {
          for (const table of tables) {
            await sql(`TRUNCATE TABLE ${table}`);
            const index = places.findIndex((place) => place.shard === shard && place.table === table);
            if (index < 0) continue;
            const share = Math.floor(rows / places.length) + (index < rows % places.length ? 1 : 0);
            for (let from = 0; from < share; from += INSERT_ROWS) {
              const count = Math.min(INSERT_ROWS, share - from);
              await sql(INSERT.replace('TABLE', table), [eventRows(index, from, count)]);
            }
          }
        }),
      reset: () =>
        onEach((_, sql) =>
          sql(`UPDATE outbox_relays SET settled_id = 0, gaps = '[]', leased_until = '2000-01-01'`),
        ),
      close: () => stack.stop(),
    };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

const INSERT = `INSERT INTO TABLE
  (day, event_id, aggregatetype, aggregateid, type, sequence, bucket, payload, occurred_at) VALUES ?`;
