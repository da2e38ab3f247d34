import { fileURLToPath } from 'node:url';
import { ROUTER_TABLES, type ShardSession, type TableRegistration } from '@ordershard/shard-router';
import { copyCatalogue } from './catalogue/copy-catalogue.ts';

/** Folders of the order store's own migrations, which run after the router's. */
export const MIGRATIONS: readonly string[] = [fileURLToPath(new URL('../../../migrations', import.meta.url))];

/** Brings a new shard the catalogue, which is the same on every shard. */
export async function seedShard(from: ShardSession, to: ShardSession): Promise<string> {
  const shops = await copyCatalogue(from, to);
  return `the catalogue is there: ${shops} shops`;
}

/** Every table of the order store that operators of the shards have to know of. */
export const TABLES: readonly TableRegistration[] = [
  ...ROUTER_TABLES,
  {
    table: 'orders',
    partitionedBy: 'number',
    // A cancelled order that was paid waits for its refund.
    finalWhen:
      "status IN ('delivered', 'refunded') OR (status = 'cancelled' AND NOT JSON_CONTAINS(details, '{\"status\":\"paid\"}', '$.timeline'))",
    carriedIn: 'orders_carried',
    moves: { by: 'number' },
  },
  { table: 'orders_carried', partitionedBy: 'nothing', moves: { by: 'number' } },
  {
    table: 'order_items',
    partitionedBy: 'number',
    carriedIn: 'order_items_carried',
    moves: { by: 'number', found: { with: 'orders' } },
  },
  {
    table: 'order_items_carried',
    partitionedBy: 'nothing',
    moves: { by: 'number', found: { with: 'orders_carried' } },
  },
  { table: 'outbox_orders_0', partitionedBy: 'day', outbox: true },
  { table: 'outbox_orders_1', partitionedBy: 'day', outbox: true },
  { table: 'outbox_orders_2', partitionedBy: 'day', outbox: true },
  { table: 'outbox_orders_3', partitionedBy: 'day', outbox: true },
  { table: 'idempotency_keys', partitionedBy: 'nothing', moves: { by: 'key' } },
];
