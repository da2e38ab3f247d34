import { ROUTER_TABLES, type TableRegistration } from '@ordershard/shard-router';

/** Every table of the order store that operators of the shards have to know of. */
export const TABLES: readonly TableRegistration[] = [
  ...ROUTER_TABLES,
  { table: 'orders', partitionedBy: 'number', finalWhen: "status IN ('delivered', 'cancelled', 'refunded')" },
  { table: 'order_items', partitionedBy: 'number' },
  { table: 'outbox_orders_0', partitionedBy: 'day', outbox: true },
  { table: 'outbox_orders_1', partitionedBy: 'day', outbox: true },
  { table: 'outbox_orders_2', partitionedBy: 'day', outbox: true },
  { table: 'outbox_orders_3', partitionedBy: 'day', outbox: true },
  { table: 'idempotency_keys', partitionedBy: 'nothing' },
];
