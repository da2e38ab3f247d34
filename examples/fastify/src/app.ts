import { fastify, type FastifyInstance } from 'fastify';
import { findOrder, type Line, placeOrder, shipOrder } from './orders.ts';
import { sharding } from './sharding.ts';

const newOrder = {
  body: {
    type: 'object',
    required: ['customer', 'lines'],
    additionalProperties: false,
    properties: {
      customer: { type: 'string', minLength: 1, maxLength: 100 },
      lines: {
        type: 'array',
        minItems: 1,
        maxItems: 100,
        items: {
          type: 'object',
          required: ['sku', 'quantity', 'price'],
          additionalProperties: false,
          properties: {
            sku: { type: 'string', minLength: 1, maxLength: 64 },
            quantity: { type: 'integer', minimum: 1, maximum: 1_000 },
            price: { type: 'integer', minimum: 0, maximum: 100_000_000 },
          },
        },
      },
    },
  },
} as const;

const byNumber = {
  params: {
    type: 'object',
    properties: { number: { type: 'string', pattern: '^(0|[1-9][0-9]{0,17})$' } },
  },
} as const;

/** The service: place an order, read it, ship it. */
export async function buildApp(): Promise<FastifyInstance> {
  const app = fastify({ logger: { level: 'warn' } });
  await sharding(app);

  app.post<{ Body: { customer: string; lines: Line[] } }>(
    '/orders',
    { schema: newOrder },
    async ({ body: { customer, lines } }, reply) => {
      const number = await placeOrder(app.router, customer, lines);
      return reply.code(201).header('location', `/orders/${number}`).send({ number });
    },
  );

  app.get<{ Params: { number: string } }>(
    '/orders/:number',
    { schema: byNumber },
    async ({ params }, reply) => {
      const order = await findOrder(app.router, BigInt(params.number));
      return order ?? reply.code(404).send({ error: 'there is no such order' });
    },
  );

  app.post<{ Params: { number: string } }>(
    '/orders/:number/ship',
    { schema: byNumber },
    async ({ params }, reply) => {
      const shipped = await shipOrder(app.router, BigInt(params.number));
      return shipped ? reply.code(204).send() : reply.code(409).send({ error: 'it is not open' });
    },
  );

  app.get('/ready', async (_, reply) => {
    const live = app.router.liveShards();
    return reply.code(live.length > 0 ? 200 : 503).send({ live });
  });
  return app;
}
