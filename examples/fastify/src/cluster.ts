import { shardsFromUrls } from '@ordershard/shard-router';

/** Which shards there are: mysql://user:password@host:port/database, with commas between them. */
export const cluster = {
  clusterId: 'fastify-example',
  shards: shardsFromUrls((process.env['ORDERSHARD_MYSQL_URLS'] ?? '').split(',')),
};

/** Tables whose rows belong to a number: nobody writes one outside a scope of its number. */
export const tables = [
  { table: 'shop_orders', number: 'number' },
  { table: 'shop_order_lines', number: 'number' },
];
