import { sql } from 'drizzle-orm';
import {
  bigint,
  char,
  customType,
  date,
  datetime,
  int,
  mediumtext,
  mysqlTable,
  smallint,
  text,
  varchar,
} from 'drizzle-orm/mysql-core';
import { drizzle, type MySql2Database } from 'drizzle-orm/mysql2';
import type { RowDataPacket } from 'mysql2';
import type { WriteCluster } from '../cluster.ts';
import { endPools, openPools } from '../connections.ts';
import type { Contender, ContenderOptions } from '../contender.ts';
import { type FenceRow, passFence } from '../fence.ts';
import { type BenchOrder, OUTBOX_TABLES } from '../orders.ts';
import { itemRows, keyRow, orderRow, outboxRow } from '../rows.ts';

/**
 * Of 16, 32 and 64 to a shard, which were within 10 % of each other at 64 and 256 callers in two runs.
 */
const CONNECTIONS = 16;

const hash = customType<{ data: Buffer }>({ dataType: () => 'binary(32)' });

const keys = mysqlTable('idempotency_keys', {
  caller: varchar({ length: 128 }).notNull(),
  idempotency_key: varchar({ length: 255 }).notNull(),
  bucket: smallint().notNull(),
  key_generation: int().notNull(),
  request_hash: hash().notNull(),
  number: bigint({ mode: 'bigint' }).notNull(),
  answer: mediumtext().notNull(),
  expires_at: datetime({ mode: 'string', fsp: 3 }).notNull(),
});

const orders = mysqlTable('orders', {
  number: bigint({ mode: 'bigint' }).primaryKey(),
  bucket: smallint().notNull(),
  version: int().notNull(),
  status: varchar({ length: 10 }).notNull(),
  member_id: varchar({ length: 64 }).notNull(),
  shop_id: varchar({ length: 64 }).notNull(),
  currency: char({ length: 3 }).notNull(),
  total: bigint({ mode: 'number' }).notNull(),
  // Not its JSON type: the text is there already.
  details: text().notNull(),
  created_at: datetime({ mode: 'string', fsp: 3 }).notNull(),
  updated_at: datetime({ mode: 'string', fsp: 3 }).notNull(),
});

const items = mysqlTable('order_items', {
  number: bigint({ mode: 'bigint' }).notNull(),
  line: smallint().notNull(),
  bucket: smallint().notNull(),
  menu_id: varchar({ length: 64 }).notNull(),
  name: varchar({ length: 255 }).notNull(),
  unit_price: bigint({ mode: 'number' }).notNull(),
  quantity: int().notNull(),
  amount: bigint({ mode: 'number' }).notNull(),
});

const outboxTable = (name: string) =>
  mysqlTable(name, {
    id: bigint({ mode: 'bigint' }).autoincrement().notNull(),
    day: date({ mode: 'string' }).notNull(),
    event_id: varchar({ length: 64 }).notNull(),
    aggregatetype: varchar({ length: 64 }).notNull(),
    aggregateid: varchar({ length: 64 }).notNull(),
    type: varchar({ length: 64 }).notNull(),
    sequence: int().notNull(),
    bucket: smallint().notNull(),
    payload: mediumtext().notNull(),
    traceparent: varchar({ length: 55 }),
    occurred_at: datetime({ mode: 'string', fsp: 3 }).notNull(),
  });
const outboxes: ReadonlyMap<string, ReturnType<typeof outboxTable>> = new Map(
  OUTBOX_TABLES.map((name) => [name, outboxTable(name)]),
);

/** Drizzle on the driver's pool. */
export async function open(
  cluster: WriteCluster,
  { work, connections = CONNECTIONS }: ContenderOptions,
): Promise<Contender> {
  const pools = openPools(cluster, connections);
  const shards = pools.map((client) => drizzle({ client }));
  return {
    name: 'Drizzle',
    kind: 'builder',
    place: (order) => place(shards[order.shard]!, order, work === 'fenced'),
    close: () => endPools(pools),
  };
}

async function place(db: MySql2Database, order: BenchOrder, fenced: boolean): Promise<void> {
  await db.transaction(async (tx) => {
    if (fenced) {
      const [rows] = (await tx.execute(fenceQuery(order))) as unknown as [(FenceRow & RowDataPacket)[]];
      await tx.insert(keys).values(keyRow(order, passFence(order, rows)));
    }
    await tx.insert(orders).values(orderRow(order));
    await tx.insert(items).values(itemRows(order));
    await tx.insert(outboxes.get(order.outboxTable)!).values(outboxRow(order));
  });
}

/** As a raw query, so that it is the same text as the others'. */
function fenceQuery({ bucket, number, keyBucket }: BenchOrder) {
  return sql`SELECT n.state AS number_state, n.writable_from, k.state AS key_state, k.key_generation
    FROM bucket_fences n FORCE INDEX (PRIMARY) JOIN key_fences k FORCE INDEX (PRIMARY)
   WHERE n.bucket = ${bucket} AND n.range_from <= ${number} AND n.range_to > ${number} AND k.bucket = ${keyBucket}
   ORDER BY k.key_generation DESC
     FOR SHARE SKIP LOCKED`;
}
