import { ROUTER_TABLES, type TableRegistration } from '@ordershard/shard-router';

const BY_NUMBER = ['own_orders', 'counters', 'accounts', 'transfers', 'uses'] as const;

/** What the mover needs to know of the tables of this run. */
export const TABLES: readonly TableRegistration[] = [
  ...ROUTER_TABLES,
  ...BY_NUMBER.map((table) => ({ table, partitionedBy: 'nothing', moves: { by: 'number' } }) as const),
  { table: 'own_keys', partitionedBy: 'nothing', moves: { by: 'key' } },
];
