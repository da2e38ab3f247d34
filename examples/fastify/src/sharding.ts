import type { FastifyInstance } from 'fastify';
import { connectShardRouter, type ShardRouter } from '@ordershard/shard-router';
import { cluster, tables } from './cluster.ts';

declare module 'fastify' {
  interface FastifyInstance {
    router: ShardRouter;
  }
}

/** What errors of the router and of Fastify say of themselves. */
interface Failure {
  readonly retryable?: boolean;
  readonly code?: string;
  readonly statusCode?: number;
}

/** Connects the router before the service listens, closes it with the service, and answers for shards that are down. */
export async function sharding(app: FastifyInstance): Promise<void> {
  const router = await connectShardRouter({ ...cluster, tables });
  app.decorate('router', router);
  app.addHook('onClose', () => router.close());
  app.setErrorHandler((error, request, reply) => {
    const { retryable, code, statusCode } = error as Failure;
    // Errors of the router say whether the same call may succeed later. Whoever waits asks again.
    if (retryable === true) return reply.code(503).header('retry-after', 1).send({ error: 'not now', code });
    if (statusCode !== undefined && statusCode < 500) return reply.send(error);
    request.log.error(error);
    return reply.code(500).send({ error: 'internal' });
  });
}
