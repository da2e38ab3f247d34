import { createHash } from 'node:crypto';
import express, { type Request, type Response } from 'express';
import { MongoClient } from 'mongodb';
import {
  createTokenVerifier,
  openKeyRing,
  parseExactJson,
  placeOrderSchema,
  readApiSettings,
  readShardSettings,
  snapshotOfView,
  stringifyOrder,
  type OrderViewDocument,
} from '@ordershard/order-service/bench';
import { eventId, toOrderNumber } from '@ordershard/order-events';
import { ORDERS_TOPIC, outboxTableOf } from '@ordershard/outbox';
import { createLogger } from '@ordershard/process';
import { prepareCluster } from '../write/cluster.ts';
import { open } from '../write/contenders/knex.ts';
import type { OutboxTable } from '../write/orders.ts';

// A bare Express handler of what the API does: token, validation, order, lines, event and key in one transaction with
// knex; one findOne for a read. It logs `ready` with its port, as processes of the project do.

const { shards } = readShardSettings(process.env);
const settings = readApiSettings(process.env);
const tokens = createTokenVerifier({
  keys: await openKeyRing(settings, createLogger('bare', 'warn')),
  issuer: settings.ORDERSHARD_JWT_ISSUER,
  audience: settings.ORDERSHARD_JWT_AUDIENCE,
});
const cluster = await prepareCluster(shards, [], () => Promise.resolve());
const contender = await open(cluster, { work: 'fenced' });
const mongo = new MongoClient(settings.ORDERSHARD_MONGODB_URL, { useBigInt64: true, maxPoolSize: 32 });
const views = mongo.db().collection<OrderViewDocument>('order_views');
const shop = { name: 'Bench', currency: 'KRW', menus: new Map([['rice', { name: 'Rice', price: 4_500 }]]) };
const { router } = cluster;

const callerOf = async (request: Request) =>
  (await tokens.verify(request.headers.authorization!.slice(7))).caller;

async function place(request: Request, response: Response): Promise<void> {
  const caller = await callerOf(request);
  const body = placeOrderSchema.parse(parseExactJson((request.body as Buffer).toString()));
  const key = request.get('Idempotency-Key')!;
  const callerText = `${caller.role}:${caller.subject}`;
  const keyText = `${callerText} ${key}`;
  const shard = router.shardOf(keyText);
  const number = router.drawNumber(shard);
  const at = new Date().toISOString();
  const lines = body.items.map(({ menuId, quantity }, index) => {
    const menu = shop.menus.get(menuId)!;
    return {
      line: index + 1,
      menuId,
      name: menu.name,
      unitPrice: menu.price,
      quantity,
      amount: menu.price * quantity,
    };
  });
  const total = lines.reduce((sum, { amount }) => sum + amount, 0);
  const snapshot = {
    number: toOrderNumber(number),
    version: 1,
    status: 'created' as const,
    memberId: caller.subject,
    shopId: body.shopId,
    shopName: shop.name,
    currency: shop.currency,
    total: `${total}`,
    items: lines.map((line) => ({ ...line, unitPrice: `${line.unitPrice}`, amount: `${line.amount}` })),
    note: body.note,
    timeline: [{ status: 'created' as const, at }],
    placedAt: at,
    updatedAt: at,
  };
  const datetime = at.slice(0, 23).replace('T', ' ');
  await contender.place({
    shard,
    number,
    bucket: router.bucketOf(number),
    keyText,
    keyBucket: router.bucketOf(keyText),
    caller: callerText,
    key,
    requestHash: createHash('sha256')
      .update(JSON.stringify([caller.subject, body.shopId, body.items]))
      .digest(),
    memberId: caller.subject,
    shopId: body.shopId,
    currency: shop.currency,
    total,
    details: JSON.stringify({ shopName: shop.name, note: body.note, timeline: snapshot.timeline }),
    lines,
    createdAt: datetime,
    keyExpiresAt: new Date(Date.now() + 86_400_000).toISOString().slice(0, 23).replace('T', ' '),
    outboxTable: outboxTableOf(ORDERS_TOPIC, snapshot.number) as OutboxTable,
    eventId: eventId(snapshot.number, 1),
    payload: JSON.stringify(snapshot),
  });
  response.status(201).type('json').send(stringifyOrder(snapshot));
}

async function read(request: Request, response: Response): Promise<void> {
  const caller = await callerOf(request);
  const text = request.params['number'] as string;
  if (!/^\d{1,19}$/.test(text)) {
    response.status(404).end();
    return;
  }
  const view = await views.findOne({ _id: BigInt(text) });
  if (view === null || view.memberId !== caller.subject) {
    response.status(404).end();
    return;
  }
  response.type('json').send(stringifyOrder(snapshotOfView(view)));
}

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.post('/v1/orders', express.raw({ type: 'application/json' }), place);
app.get('/v1/orders/:number', read);
const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number };
  createLogger('bare', 'info').info({ port }, 'ready');
});
process.once('SIGTERM', () => process.exit(0));
