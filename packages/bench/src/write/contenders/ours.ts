import {
  connectShardRouter,
  FenceError,
  type MergeLimits,
  type Statement,
  type UnitScope,
} from '@ordershard/shard-router';
import type { WriteCluster } from '../cluster.ts';
import { type Contender, FenceShutError } from '../contender.ts';
import { AGGREGATE_TYPE, type BenchOrder, EVENT_TYPE } from '../orders.ts';

export interface OursOptions {
  readonly merge?: Partial<MergeLimits>;
}

/** The router's merged writes. Numbers are drawn by the cluster's router, as for all. */
export async function open(
  { clusterId, shards }: WriteCluster,
  { merge }: OursOptions = {},
): Promise<Contender> {
  const router = await connectShardRouter({
    clusterId,
    shards,
    numbers: false,
    ...(merge === undefined ? {} : { merge }),
  });
  return {
    name: 'ordershard',
    kind: 'ours',
    place: async (order) => {
      const { number, keyText } = order;
      try {
        await router.write({ number, key: keyText, fresh: true }, (scope) => unitOf(order, scope));
      } catch (error) {
        throw error instanceof FenceError ? new FenceShutError(error.message, { cause: error }) : error;
      }
    },
    close: () => router.close(),
  };
}

export function unitOf(order: BenchOrder, scope: UnitScope) {
  return {
    statements: [keyInsert(order, scope), orderInsert(order), itemsInsert(order), eventInsert(order)],
    already: {
      sql: 'SELECT number, answer FROM idempotency_keys WHERE caller = ? AND idempotency_key = ?',
      values: [order.caller, order.key],
    },
  } as const;
}

function keyInsert(order: BenchOrder, { keyGeneration }: UnitScope): Statement {
  return {
    sql: `INSERT INTO idempotency_keys
            (caller, idempotency_key, bucket, key_generation, request_hash, number, answer, expires_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    values: [
      order.caller,
      order.key,
      order.keyBucket,
      keyGeneration,
      order.requestHash,
      order.number,
      order.payload,
      order.keyExpiresAt,
    ],
  };
}

function orderInsert(order: BenchOrder): Statement {
  return {
    sql: `INSERT INTO orders
            (number, bucket, version, status, member_id, shop_id, currency, total, details, created_at, updated_at)
          VALUES (?, ?, 1, 'created', ?, ?, ?, ?, ?, ?, ?)`,
    values: [
      order.number,
      order.bucket,
      order.memberId,
      order.shopId,
      order.currency,
      order.total,
      order.details,
      order.createdAt,
      order.createdAt,
    ],
  };
}

const ITEMS_SQL = `INSERT INTO order_items (number, line, bucket, menu_id, name, unit_price, quantity, amount)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?)`;

function itemsInsert({ number, bucket, lines }: BenchOrder): Statement {
  return {
    sql: ITEMS_SQL,
    values: lines.flatMap(({ line, menuId, name, unitPrice, quantity, amount }) => [
      number,
      line,
      bucket,
      menuId,
      name,
      unitPrice,
      quantity,
      amount,
    ]),
  };
}

function eventInsert(order: BenchOrder): Statement {
  return {
    sql: `INSERT INTO ${order.outboxTable}
            (day, event_id, aggregatetype, aggregateid, type, sequence, bucket, payload, occurred_at)
          VALUES (UTC_DATE(), ?, '${AGGREGATE_TYPE}', ?, '${EVENT_TYPE}', 1, ?, ?, ?)`,
    values: [order.eventId, order.number.toString(), order.bucket, order.payload, order.createdAt],
  };
}
