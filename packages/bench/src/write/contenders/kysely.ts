import { CompiledQuery, Kysely, MysqlDialect } from 'kysely';
import type { WriteCluster } from '../cluster.ts';
import { openPools } from '../connections.ts';
import type { Contender, ContenderOptions } from '../contender.ts';
import { FENCE_SQL, type FenceRow, fenceValues, passFence } from '../fence.ts';
import type { BenchOrder } from '../orders.ts';
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
 * Best of 16, 32 and 64 to a shard, by the mean over 64 and 256 callers in two runs: 16 was 10 % slower, 32 was 7 %. Prepared
 * statements, by a pool that turns `query` into `execute`, were 10 to 20 % slower.
 */
const CONNECTIONS = 64;

interface Database {
  idempotency_keys: KeyRow;
  orders: OrderRow;
  order_items: ItemRow;
  outbox_orders_0: OutboxRow;
  outbox_orders_1: OutboxRow;
  outbox_orders_2: OutboxRow;
  outbox_orders_3: OutboxRow;
}

/** Kysely with its dialect for mysql2. */
export async function open(
  cluster: WriteCluster,
  { work, connections = CONNECTIONS }: ContenderOptions,
): Promise<Contender> {
  const shards = openPools(cluster, connections).map(
    (pool) => new Kysely<Database>({ dialect: new MysqlDialect({ pool }) }),
  );
  return {
    name: 'Kysely',
    kind: 'builder',
    place: (order) => place(shards[order.shard]!, order, work === 'fenced'),
    close: async () => {
      await Promise.all(shards.map((db) => db.destroy()));
    },
  };
}

async function place(db: Kysely<Database>, order: BenchOrder, fenced: boolean): Promise<void> {
  await db.transaction().execute(async (tx) => {
    if (fenced) {
      // As a raw query: Kysely has no FORCE INDEX.
      const fences = CompiledQuery.raw(FENCE_SQL, fenceValues(order)) as CompiledQuery<FenceRow>;
      const { rows } = await tx.executeQuery(fences);
      await tx
        .insertInto('idempotency_keys')
        .values(keyRow(order, passFence(order, rows)))
        .execute();
    }
    await tx.insertInto('orders').values(orderRow(order)).execute();
    await tx.insertInto('order_items').values(itemRows(order)).execute();
    await tx.insertInto(order.outboxTable).values(outboxRow(order)).execute();
  });
}
