import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';
import type { WriteCluster } from '../cluster.ts';
import { endPools, openPools } from '../connections.ts';
import type { Contender, ContenderOptions } from '../contender.ts';
import { FENCE_SQL, type FenceRow, fenceValues, passFence } from '../fence.ts';
import { AGGREGATE_TYPE, type BenchOrder, EVENT_TYPE } from '../orders.ts';

/**
 * Best of 16, 32 and 64 to a shard at 64 and 256 callers in two runs. Without prepared statements it
 * was 16 % slower with one caller, and as fast with many.
 */
const CONNECTIONS = 32;

const KEY_SQL = `INSERT INTO idempotency_keys
  (caller, idempotency_key, bucket, key_generation, request_hash, number, answer, expires_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
const ORDER_SQL = `INSERT INTO orders
  (number, bucket, version, status, member_id, shop_id, currency, total, details, created_at, updated_at)
  VALUES (?, ?, 1, 'created', ?, ?, ?, ?, ?, ?, ?)`;
const ITEMS_SQL = `INSERT INTO order_items (number, line, bucket, menu_id, name, unit_price, quantity, amount)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?)`;
const outboxSql = (table: string) => `INSERT INTO ${table}
  (day, event_id, aggregatetype, aggregateid, type, sequence, bucket, payload, occurred_at)
  VALUES (UTC_DATE(), ?, '${AGGREGATE_TYPE}', ?, '${EVENT_TYPE}', 1, ?, ?, ?)`;

/** The driver by hand, one prepared statement after the other. */
export async function open(
  cluster: WriteCluster,
  { work, connections = CONNECTIONS }: ContenderOptions,
): Promise<Contender> {
  const pools = openPools(cluster, connections);
  const shards = pools.map((pool) => pool.promise());
  return {
    name: 'mysql2',
    kind: 'driver',
    place: (order) => place(shards[order.shard]!, order, work === 'fenced'),
    close: () => endPools(pools),
  };
}

async function place(pool: Pool, order: BenchOrder, fenced: boolean): Promise<void> {
  const connection = await pool.getConnection();
  try {
    await connection.query('START TRANSACTION');
    await write(connection, order, fenced);
    await connection.query('COMMIT');
  } catch (error) {
    await connection.query('ROLLBACK').catch(() => connection.destroy());
    throw error;
  } finally {
    connection.release();
  }
}

async function write(connection: PoolConnection, order: BenchOrder, fenced: boolean): Promise<void> {
  const number = order.number.toString();
  if (fenced) {
    const [rows] = await connection.execute<(FenceRow & RowDataPacket)[]>(FENCE_SQL, fenceValues(order));
    await connection.execute(KEY_SQL, [
      order.caller,
      order.key,
      order.keyBucket,
      passFence(order, rows),
      order.requestHash,
      number,
      order.payload,
      order.keyExpiresAt,
    ]);
  }
  await connection.execute(ORDER_SQL, [
    number,
    order.bucket,
    order.memberId,
    order.shopId,
    order.currency,
    order.total,
    order.details,
    order.createdAt,
    order.createdAt,
  ]);
  await connection.execute(
    ITEMS_SQL,
    order.lines.flatMap(({ line, menuId, name, unitPrice, quantity, amount }) => [
      number,
      line,
      order.bucket,
      menuId,
      name,
      unitPrice,
      quantity,
      amount,
    ]),
  );
  await connection.execute(outboxSql(order.outboxTable), [
    order.eventId,
    number,
    order.bucket,
    order.payload,
    order.createdAt,
  ]);
}
