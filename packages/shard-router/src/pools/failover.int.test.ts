import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startStack, type Stack } from '@ordershard/stack';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { UnknownOutcomeError } from '../errors.ts';
import {
  connectShardRouter,
  initialiseCluster,
  migrateShards,
  ROUTER_MIGRATIONS,
  type Role,
  shardsFromUrls,
} from '../index.ts';
import { TEST_MIGRATIONS } from '../router.fixture.ts';
import type { ShardRouter } from '../router.ts';

let stack: Stack;
let router: ShardRouter;
/** Shards whose writer changed. */
const failedOver: number[] = [];
/** Roles of the servers that statements went to. */
const roles = new Set<Role>();

beforeAll(async () => {
  // Servers of its own, whatever servers the run has: one is demoted.
  const { ORDERSHARD_MYSQL_URLS: _, ...env } = process.env;
  stack = await startStack({ ephemeral: true, shards: 1, replicas: true, parts: ['mysql'], env });
  const list = (name: string) => stack.env[name]!.split(',');
  const shards = shardsFromUrls(list('ORDERSHARD_MYSQL_URLS'), list('ORDERSHARD_MYSQL_READER_URLS'));
  await migrateShards(shards, [ROUTER_MIGRATIONS, TEST_MIGRATIONS]);
  await initialiseCluster({ clusterId: 'failover', shards });
  router = await connectShardRouter({
    clusterId: 'failover',
    shards,
    observer: {
      failedOver: (shard) => failedOver.push(shard),
      statement: ({ role }) => {
        roles.add(role);
        return { end: () => undefined };
      },
    },
  });
}, 120_000);

afterAll(async () => {
  await router?.close();
  await stack?.stop();
}, 60_000);

/** Runs statements on a server with every right. */
async function admin(id: string, ...statements: string[]): Promise<RowDataPacket[]> {
  const connection = await createConnection(stack.part(id).adminUrl!);
  try {
    let rows: RowDataPacket[] = [];
    for (const statement of statements) [rows] = await connection.query<RowDataPacket[]>(statement);
    return rows;
  } finally {
    await connection.end();
  }
}

const INSERT = 'INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)';

test('reads go to the replica when asked, and to the writer after a write of the same scope', async () => {
  const serverId = async () => {
    const [rows] = await router.pool.promise().query<RowDataPacket[]>('SELECT @@server_uuid AS id');
    return rows[0]!['id'] as string;
  };
  const number = router.drawNumber();
  roles.clear();
  const writer = await router.withKey(number, serverId);
  expect([...roles]).toEqual(['writer']);
  await router.withKey(
    number,
    async () => {
      expect(await serverId()).not.toBe(writer);
      expect([...roles]).toEqual(['writer', 'reader']);
      await router.transaction({ number }, (tx) => tx.execute(INSERT, [number, tx.bucket, 'x']));
      expect(await serverId()).toBe(writer);
    },
    { role: 'reader' },
  );
});

test('a writer that is demoted is dropped and the promoted replica found, with no write lost', async () => {
  const acknowledged = new Set<string>();
  const run = { stop: false };
  let resumed = 0;
  let promoted = false;
  const lanes = Array.from({ length: 8 }, async () => {
    while (!run.stop) {
      const number = router.drawNumber(0);
      for (let done = false; !done && !run.stop;) {
        try {
          await router.transaction({ number }, (tx) => tx.execute(INSERT, [number, tx.bucket, 'x']));
          acknowledged.add(number.toString());
          if (promoted) resumed += 1;
          done = true;
        } catch (error) {
          if (error instanceof UnknownOutcomeError) break;
          expect(error).toMatchObject({ retryable: true });
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }
    }
  });
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await until(() => acknowledged.size > 100);
  // A checked-out connection meets the demotion too: its transaction is open while the server becomes read only.
  const held = router.drawNumber(0);
  let wrote: (() => void) | undefined;
  let demoted: (() => void) | undefined;
  const isDemoted = new Promise<void>((resolve) => {
    demoted = resolve;
  });
  const hasBegun = new Promise<void>((resolve) => {
    wrote = resolve;
  });
  let runs = 0;
  const holder = router
    .transaction({ number: held }, async (tx) => {
      runs += 1;
      if (runs === 1) {
        wrote!();
        await isDemoted;
      }
      await tx.execute(INSERT, [held, tx.bucket, 'held']);
    })
    .catch((error: unknown) => error);
  await hasBegun;
  await admin('mysql-0', 'SET GLOBAL super_read_only = ON');
  demoted!();
  expect(await holder).toMatchObject({ code: 'ROUTER_SHARD_UNAVAILABLE', retryable: true });
  const [state] = await admin('mysql-0', 'SELECT @@global.gtid_executed AS gtids');
  await admin(
    'replica-0',
    `SELECT WAIT_FOR_EXECUTED_GTID_SET('${String(state!['gtids']).replaceAll('\n', '')}', 20)`,
    'STOP REPLICA',
    'SET GLOBAL super_read_only = OFF',
    'SET GLOBAL read_only = OFF',
  );
  promoted = true;
  await until(() => resumed > 100);
  run.stop = true;
  await Promise.all(lanes);
  expect(failedOver).toEqual([0]);
  const rows = await router.onShard(0, (session) =>
    session.query<{ number: string }>('SELECT number FROM notes'),
  );
  const present = new Set(rows.map((row) => row.number));
  expect([...acknowledged].filter((number) => !present.has(number))).toEqual([]);
  expect(await admin('mysql-0', `SELECT number FROM notes WHERE number = ${held}`)).toEqual([]);
}, 60_000);
