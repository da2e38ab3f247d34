import { shardsFromUrls } from '@ordershard/shard-router';

/** Which shards there are: mysql://user:password@host:port/database, with commas between them. */
export const cluster = {
  clusterId: 'fastify-example',
  shards: shardsFromUrls((process.env['ORDERSHARD_MYSQL_URLS'] ?? '').split(',')),
};
