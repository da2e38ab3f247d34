import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startStack, type Stack } from '@ordershard/stack';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import {
  connectShardRouter,
  initialiseCluster,
  migrateShards,
  ROUTER_MIGRATIONS,
  type ShardRouter,
  shardsFromUrls,
  sql,
  UnitTooLargeError,
} from '../index.ts';
import { TEST_MIGRATIONS } from '../router.fixture.ts';

const PACKET = 65_536;
let stack: Stack;
let router: ShardRouter;
let later: ShardRouter;

beforeAll(async () => {
  const { ORDERSHARD_MYSQL_URLS: _, ...env } = process.env;
  stack = await startStack({ ephemeral: true, shards: 1, parts: ['mysql'], env });
  const shards = shardsFromUrls(stack.env['ORDERSHARD_MYSQL_URLS']!.split(','));
  await migrateShards(shards, [ROUTER_MIGRATIONS, TEST_MIGRATIONS]);
  await initialiseCluster({ clusterId: 'packet', shards });
  const admin = await createConnection(stack.part('mysql-0').adminUrl!);
  const database = new URL(shards[0]!.writer as string).pathname.slice(1);
  await admin.query(`ALTER TABLE ${database}.notes MODIFY body TEXT`);
  router = await connectShardRouter({ clusterId: 'packet', shards });
  await put(router, 'warm');
  // As another server would after a fail-over: with connections that are all new.
  await admin.query(`SET GLOBAL max_allowed_packet = ${PACKET}`);
  const [rows] = await admin.query<RowDataPacket[]>(
    'SELECT id AS id FROM information_schema.processlist WHERE db = ? AND id <> CONNECTION_ID()',
    [database],
  );
  for (const { id } of rows) await admin.query(`KILL ${id}`);
  await admin.end();
  later = await connectShardRouter({ clusterId: 'packet', shards });
});

afterAll(async () => {
  await Promise.all([router?.close(), later?.close()]);
  await stack?.stop();
});

function put(by: ShardRouter, body: string): Promise<unknown> {
  const number = by.drawNumber(0);
  return by.write({ number, fresh: true }, ({ bucket }) => ({
    statements: [sql`INSERT INTO notes (number, bucket, body) VALUES (${number}, ${bucket}, ${body})`],
    already: sql`SELECT body FROM notes WHERE number = ${number}`,
  }));
}

test.each(['goes on with', 'is started with'])(
  'a router that %s a server that takes shorter texts sends it no longer ones, and a unit that is too long fails alone',
  async (what) => {
    const by = what === 'goes on with' ? router : later;
    const bodies = Array.from({ length: 64 }, (_, i) => 'x'.repeat(i === 20 ? PACKET : 4_000));
    const settled = await Promise.allSettled(bodies.map((body) => put(by, body)));
    expect(settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))).toEqual([
      expect.any(UnitTooLargeError),
    ]);
  },
);
