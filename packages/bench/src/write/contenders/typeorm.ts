import { DataSource, type EntityManager, EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import type { WriteCluster } from '../cluster.ts';
import { connectionOptions, openPools } from '../connections.ts';
import type { Contender, ContenderOptions } from '../contender.ts';
import { FENCE_SQL, type FenceRow, fenceValues, passFence } from '../fence.ts';
import { type BenchOrder, OUTBOX_TABLES } from '../orders.ts';
import {
  itemRows,
  type ItemRow,
  keyRow,
  type KeyRow,
  orderRow,
  type OrderRow,
  outboxRow,
  type OutboxRow,
} from '../rows.ts';

/**
 * Best of 16, 32 and 64 to a shard, by the mean over 64 and 256 callers in two runs: 64 was 6 % slower.
 */
const CONNECTIONS = 16;

const number: EntitySchemaColumnOptions = { type: 'bigint' };
const primary: EntitySchemaColumnOptions = { type: 'bigint', primary: true };
// Times and JSON too are text to TypeORM: as a datetime it would parse each text to write it again.
const text: EntitySchemaColumnOptions = { type: 'varchar' };
const int: EntitySchemaColumnOptions = { type: 'int' };

const Keys = new EntitySchema<KeyRow>({
  name: 'idempotency_keys',
  columns: {
    caller: { type: 'varchar', primary: true },
    idempotency_key: { type: 'varchar', primary: true },
    bucket: int,
    key_generation: int,
    request_hash: { type: 'binary', length: 32 },
    number,
    answer: text,
    expires_at: text,
  },
});

const Orders = new EntitySchema<OrderRow>({
  name: 'orders',
  columns: {
    number: primary,
    bucket: int,
    version: int,
    status: text,
    member_id: text,
    shop_id: text,
    currency: text,
    total: number,
    details: text,
    created_at: text,
    updated_at: text,
  },
});

const Items = new EntitySchema<ItemRow>({
  name: 'order_items',
  columns: {
    number: primary,
    line: { type: 'int', primary: true },
    bucket: int,
    menu_id: text,
    name: text,
    unit_price: number,
    quantity: int,
    amount: number,
  },
});

const outboxes = new Map(
  OUTBOX_TABLES.map((name) => {
    const schema = new EntitySchema<OutboxRow & { id?: string }>({
      name,
      columns: {
        id: { type: 'bigint', primary: true, generated: 'increment' },
        day: text,
        event_id: text,
        aggregatetype: text,
        aggregateid: text,
        type: text,
        sequence: int,
        bucket: int,
        payload: text,
        traceparent: { type: 'varchar', nullable: true },
        occurred_at: text,
      },
    });
    return [name as string, schema] as const;
  }),
);

/** TypeORM with its insert query builder, which does without the reads of `save`. */
export async function open(
  cluster: WriteCluster,
  { work, connections = CONNECTIONS }: ContenderOptions,
): Promise<Contender> {
  const shards = await Promise.all(
    openPools(cluster, connections).map((pool, shard) =>
      new DataSource({
        type: 'mysql',
        // Else it asks the server at the start.
        database: connectionOptions(cluster.shards[shard]!.writer).database,
        driver: { createPool: () => pool },
        entities: [Keys, Orders, Items, ...outboxes.values()],
        logging: false,
      }).initialize(),
    ),
  );
  return {
    name: 'TypeORM',
    kind: 'builder',
    place: (order) => place(shards[order.shard]!, order, work === 'fenced'),
    close: async () => {
      await Promise.all(shards.map((source) => source.destroy()));
    },
  };
}

async function place(source: DataSource, order: BenchOrder, fenced: boolean): Promise<void> {
  await source.transaction(async (manager) => {
    if (fenced) {
      // As a raw query: TypeORM has FOR SHARE, but no FORCE INDEX.
      const rows = await manager.query<FenceRow[]>(FENCE_SQL, fenceValues(order));
      await insert(manager, Keys, keyRow(order, passFence(order, rows)));
    }
    await insert(manager, Orders, orderRow(order));
    await insert(manager, Items, itemRows(order));
    await insert(manager, outboxes.get(order.outboxTable)!, outboxRow(order));
  });
}

/** Inserts without reading generated columns back, and without calling listeners, of which there are none. */
async function insert<Row extends object>(
  manager: EntityManager,
  schema: EntitySchema<Row>,
  rows: Row | Row[],
): Promise<void> {
  await manager
    .createQueryBuilder()
    .insert()
    .into(schema)
    .values(rows as never)
    .updateEntity(false)
    .callListeners(false)
    .execute();
}
