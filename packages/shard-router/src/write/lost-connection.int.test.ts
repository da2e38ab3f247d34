import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TcpProxy } from '@ordershard/stack';
import {
  guard,
  type ShardRouter,
  ShardUnavailableError,
  sql,
  type UnitOf,
  withShardSessions,
} from '../index.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';

const ROUNDS = 20;
const UNITS = 24;

let cluster: TestCluster;
let router: ShardRouter;
let proxy: TcpProxy;

beforeAll(async () => {
  cluster = await testCluster('lost');
  const url = new URL(cluster.shards[0]!.writer as string);
  proxy = await TcpProxy.to(Number(url.port), url.hostname);
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  router = await cluster.router({
    shards: cluster.shards.map((shard) => (shard.id === 0 ? { ...shard, writer: url.href } : shard)),
  });
});

afterAll(async () => {
  await cluster.end();
  await proxy.close();
});

/** The number of a unit's second row; that of the first is the number with its sign turned. */
const secondOf = (number: bigint) => -number - 2n ** 62n;

const change =
  (number: bigint): UnitOf<{ body: string }> =>
  ({ bucket }) => ({
    statements: [
      guard(sql`UPDATE notes SET body = 'b' WHERE number = ${number} AND body = 'a'`),
      sql`INSERT INTO notes (number, bucket, body) VALUES (${-number}, ${bucket}, 'first')`,
      sql`INSERT INTO notes (number, bucket, body) VALUES (${secondOf(number)}, ${bucket}, 'second')`,
    ],
    already: sql`SELECT body FROM notes WHERE number = ${-number}`,
  });

/** Writes a unit until it is answered: while the server cannot be reached, nothing is sent. */
async function written(number: bigint): Promise<void> {
  for (;;) {
    try {
      await router.write({ number }, change(number));
      return;
    } catch (error) {
      if (!(error instanceof ShardUnavailableError)) throw error;
      await nextTurn();
    }
  }
}

test('a guarded unit whose connection is lost is applied as a whole, and once', async () => {
  const numbers: bigint[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const own = Array.from({ length: UNITS }, () => router.drawNumber(0));
    numbers.push(...own);
    await withShardSessions([cluster.shards[0]!], async (session) => {
      for (const number of own)
        await session.execute(`INSERT INTO notes (number, bucket, body) VALUES (?, ?, 'a')`, [
          number,
          router.bucketOf(number),
        ]);
    });
    const all = Promise.all(own.map(written));
    // A moment of chance in which the server is at the transaction.
    await sleep(Math.random() * 6);
    proxy.cut();
    proxy.mend();
    await all;
  }
  const [rows] = await withShardSessions([cluster.shards[0]!], (session) =>
    session.query<{ number: string; body: string }>('SELECT number, body FROM notes'),
  );
  const found = new Map(rows!.map(({ number, body }) => [number, body]));
  const half = numbers.filter(
    (number) =>
      found.get(String(number)) !== 'b' ||
      found.get(String(-number)) !== 'first' ||
      found.get(String(secondOf(number))) !== 'second',
  );
  expect(half).toEqual([]);
});
