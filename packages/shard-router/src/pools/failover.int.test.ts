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
  type ShardConfig,
  shardsFromUrls,
  sql,
} from '../index.ts';
import { TEST_MIGRATIONS } from '../router.fixture.ts';
import type { ShardRouter } from '../router.ts';

let stack: Stack;
let router: ShardRouter;
let shards: readonly ShardConfig[];
/** Whether the breaker opened, each time that it changed. */
const breaker: boolean[] = [];
/** Shards whose writer changed. */
const failedOver: number[] = [];
/** Roles of the servers that statements went to. */
const roles = new Set<Role>();

beforeAll(async () => {
  // Servers of its own, whatever servers the run has: one is demoted.
  const { ORDERSHARD_MYSQL_URLS: _, ...env } = process.env;
  stack = await startStack({ ephemeral: true, shards: 1, replicas: true, parts: ['mysql'], env });
  const list = (name: string) => stack.env[name]!.split(',');
  shards = shardsFromUrls(list('ORDERSHARD_MYSQL_URLS'), list('ORDERSHARD_MYSQL_READER_URLS'));
  await migrateShards(shards, [ROUTER_MIGRATIONS, TEST_MIGRATIONS]);
  await initialiseCluster({ clusterId: 'failover', shards });
  router = await connectShardRouter({
    clusterId: 'failover',
    shards,
    observer: {
      failedOver: (shard) => failedOver.push(shard),
      breakerChanged: (_shard, open) => breaker.push(open),
      statement: ({ role }) => {
        roles.add(role);
        return { end: () => undefined };
      },
    },
  });
});

afterAll(async () => {
  await router?.close();
  await stack?.stop();
});

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

/** How each server says what a failover does. */
const WORDS = {
  mysql: {
    demote: 'SET GLOBAL super_read_only = ON',
    position: '@@global.gtid_executed',
    waitFor: 'WAIT_FOR_EXECUTED_GTID_SET',
    stop: 'STOP REPLICA',
  },
  mariadb: {
    demote: 'SET GLOBAL read_only = ON',
    position: '@@global.gtid_binlog_pos',
    waitFor: 'MASTER_GTID_WAIT',
    stop: 'STOP SLAVE',
  },
} as const;

async function wordsOf(id: string): Promise<{ readonly [Name in keyof typeof WORDS.mysql]: string }> {
  const [row] = await admin(id, 'SELECT VERSION() AS version');
  const version = String(row!['version']);
  if (/mariadb/i.test(version)) return WORDS.mariadb;
  return version.startsWith('8.0') ? { ...WORDS.mysql, stop: 'STOP SLAVE' } : WORDS.mysql;
}

const INSERT = 'INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)';

test('reads go to the replica when asked, and to the writer after a write of the same scope', async () => {
  const serverId = async () => {
    const [rows] = await router.pool.promise().query<RowDataPacket[]>('SELECT @@server_id AS id');
    return rows[0]!['id'] as unknown;
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

test('transactions that begin in scopes of the replica go to the writer, and count against nobody', async () => {
  const written = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const number = router.drawNumber();
      await router.withKey(
        number,
        async () => {
          const connection = await router.pool.promise().getConnection();
          try {
            await connection.query('SELECT 1'); // On the replica.
            await connection.beginTransaction();
            await connection.query(INSERT, [number, router.bucketOf(number), 'begun']);
            await connection.commit();
          } finally {
            connection.release();
          }
        },
        { role: 'reader' },
      );
      return number;
    }),
  );
  for (const number of written)
    expect(await router.readRows(number, sql`SELECT body FROM notes WHERE number = ${number}`)).toEqual([
      { body: 'begun' },
    ]);
  expect(breaker).toEqual([]);
});

test('a writer that is demoted is dropped and the promoted replica found, with no write lost', async () => {
  const words = await wordsOf('mysql-0');
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
  // A process that only reads: nothing else tells it that the writer was demoted.
  const reading = await connectShardRouter({ clusterId: 'failover', shards, numbers: false });
  const read = router.drawNumber(0);
  await router.transaction({ number: read }, (tx) => tx.execute(INSERT, [read, tx.bucket, 'v1']));
  const bodyOf = 'SELECT body FROM notes WHERE number = ?';
  const reads = [
    () => reading.readRows<{ body: string }>(read, { sql: bodyOf, values: [read] }),
    () => reading.read(read, (session) => session.query<{ body: string }>(bodyOf, [read])),
  ];
  for (const one of reads) expect(await one()).toEqual([{ body: 'v1' }]);
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
  await admin('mysql-0', words.demote);
  demoted!();
  expect(await holder).toMatchObject({ code: 'ROUTER_SHARD_UNAVAILABLE', retryable: true });
  const [state] = await admin('mysql-0', `SELECT ${words.position} AS position`);
  const position = String(state!['position']).replaceAll('\n', '');
  await admin(
    'replica-0',
    `SELECT ${words.waitFor}('${position}', 20)`,
    words.stop,
    'SET GLOBAL read_only = OFF',
  );
  promoted = true;
  await until(() => resumed > 100);
  await router.transaction({ number: read }, (tx) =>
    tx.execute('UPDATE notes SET body = ? WHERE number = ?', ['v2', read]),
  );
  for (const one of reads) expect(await one()).toEqual([{ body: 'v2' }]);
  await reading.close();
  run.stop = true;
  await Promise.all(lanes);
  expect(failedOver).toEqual([0]);
  const rows = await router.onShard(0, (session) =>
    session.query<{ number: string }>('SELECT number FROM notes'),
  );
  const present = new Set(rows.map((row) => row.number));
  expect([...acknowledged].filter((number) => !present.has(number))).toEqual([]);
  expect(await admin('mysql-0', `SELECT number FROM notes WHERE number = ${held}`)).toEqual([]);
});
