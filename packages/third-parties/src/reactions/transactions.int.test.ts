import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type CommandParts, migrate, placeOrder, readOrder, ShardCatalogue } from '@ordershard/order-service';
import {
  connectShardRouter,
  type ShardConfig,
  type ShardRouter,
  shardsFromUrls,
  withShardSessions,
} from '@ordershard/shard-router';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { called } from '../calls/called.ts';
import { Calls } from '../calls/calls.ts';
import { CallInTransactionError } from '../errors.ts';
import { FakeServer } from '../fake/serve-fake.ts';
import { HttpParty } from '../http/http-party.ts';
import { PARTIES, type PartyName, type Ports } from '../ports/third-party.ts';
import { react, type ReactionParts } from './react.ts';

const CLUSTER = 'calls';

let namespace: Namespace;
let shards: readonly ShardConfig[];
let router: ShardRouter;
let commands: CommandParts;
let fake: FakeServer;
let watch: Watch;

/** A way to the fake that looks, at each call, for transactions that are open on the shards. */
interface Watch {
  readonly url: string;
  /** How many were open at each call so far. */
  readonly open: number[];
  close(): Promise<void>;
}

/**
 * How many write transactions are open on the databases of this test, by the fences that are locked: each holds one.
 * INNODB_TRX was tried: what it shows is 0.1 s old, or older where others look at it too.
 */
async function openTransactions(): Promise<number> {
  const counts = await withShardSessions(shards, async (session) => {
    const [all] = await session.query<{ n: string }>('SELECT COUNT(*) AS n FROM bucket_fences');
    const free = await session.query('SELECT 1 FROM bucket_fences FOR UPDATE SKIP LOCKED');
    return Number(all!.n) - free.length;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

async function startWatch(): Promise<Watch> {
  const open: number[] = [];
  const server: Server = createServer((request, response) => {
    const pass = async () => {
      open.push(await openTransactions());
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const answer = await fetch(`http://127.0.0.1:${fake.port}${request.url}`, {
        method: request.method!,
        ...(request.method === 'GET' ? {} : { body: Buffer.concat(chunks) }),
      });
      response.writeHead(answer.status).end(await answer.text());
    };
    pass().catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

beforeAll(async () => {
  namespace = await testNamespace('calls');
  shards = shardsFromUrls(namespace.env['ORDERSHARD_MYSQL_URLS']!.split(','));
  await migrate(CLUSTER, shards);
  router = await connectShardRouter({ clusterId: CLUSTER, shards });
  const catalogue = new ShardCatalogue(router);
  const menu = { menuId: 'rice', name: 'Rice', price: 4_500n };
  await catalogue.putShop({ shopId: 's-1', name: 'S', currency: 'KRW', menus: new Map([['rice', menu]]) });
  commands = { router, catalogue, source: '/calls', now: () => new Date() };
  fake = await FakeServer.start({ seed: 1, host: '127.0.0.1', port: 0, secret: 'a secret of the tests' });
  for (const party of PARTIES)
    await fetch(`http://127.0.0.1:${fake.port}/control`, {
      method: 'PUT',
      body: JSON.stringify({ party, manner: { declined: 0, later: 0, stepMs: 1 } }),
    });
  watch = await startWatch();
});

afterAll(async () => {
  await watch.close();
  await fake.stop();
  await router.close();
  await namespace.drop();
});

/** The parts of reactions, with the guard as users have it unless it is taken away. */
function partsWith(inTransaction = () => router.inTransaction): ReactionParts {
  const port = <Name extends PartyName>(name: Name) =>
    called(new HttpParty(name, { url: watch.url }), new Calls(name, inTransaction, { retries: 0 }));
  const ports: Ports = { payment: port('payment'), shop: port('shop'), delivery: port('delivery') };
  return {
    ...commands,
    clusterId: CLUSTER,
    ports,
    patience: { payment: 60_000, shop: 60_000, delivery: 60_000 },
  };
}

async function place(): Promise<bigint> {
  const { snapshot } = await placeOrder(
    commands,
    { memberId: 'm-1', shopId: 's-1', items: [{ menuId: 'rice', quantity: 1 }] },
    { caller: { role: 'member', subject: 'm-1' } },
  );
  return BigInt(snapshot.number);
}

const statusOf = async (number: bigint) => (await readOrder(router, number))!.order.status;

/** The whole of an order's dealings with third parties. */
async function live(parts: ReactionParts, number: bigint): Promise<void> {
  for (let looks = 0; (await statusOf(number)) !== 'delivered'; looks += 1) {
    expect(looks).toBeLessThan(200);
    for (const party of PARTIES) await react(parts, party, number);
  }
}

test('from its payment to its delivery, no call is made while a transaction is open', async () => {
  const before = watch.open.length;
  const number = await place();
  await live(partsWith(), number);
  const open = watch.open.slice(before);
  expect(open.length).toBeGreaterThan(3);
  expect(Math.max(...open)).toBe(0);
});

test("a call inside the router's own transaction is refused before anything is sent", async () => {
  const number = await place();
  const before = watch.open.length;
  await expect(router.transaction({ number }, () => react(partsWith(), 'payment', number))).rejects.toThrow(
    CallInTransactionError,
  );
  expect(watch.open.length).toBe(before);
  expect(await statusOf(number)).toBe('created');
});

test('so is one beside a transaction that was begun on a connection of the scope', async () => {
  const number = await place();
  const before = watch.open.length;
  const parts = partsWith();
  await router.withKey(number, async () => {
    const connection = await router.pool.promise().getConnection();
    await connection.beginTransaction();
    await expect(parts.ports.payment.ask('k')).rejects.toThrow(CallInTransactionError);
    await connection.rollback();
    connection.release();
    await expect(parts.ports.payment.ask('k')).resolves.toBeUndefined();
  });
  expect(watch.open.length).toBe(before + 1);
});

test('without the guard, the watch sees the transaction: it does not pass by looking away', async () => {
  const number = await place();
  const before = watch.open.length;
  const unguarded = partsWith(() => false);
  await router.transaction({ number }, async () => {
    await unguarded.ports.payment.ask('k');
  });
  expect(watch.open.slice(before)).toEqual([1]);
});
