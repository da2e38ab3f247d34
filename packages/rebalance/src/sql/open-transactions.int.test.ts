import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  openShardSessions,
  readProcesses,
  type ShardSessions,
  shardsFromUrls,
} from '@ordershard/shard-router';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { createConnection, type Connection } from 'mysql2/promise';
import { holdersOfRows } from './move/long-transactions.ts';
import { endMetadataWait } from './retention/metadata-wait.ts';
import { oldestTransaction } from './retention/oldest-transaction.ts';

let namespace: Namespace;
let sessions: ShardSessions;
let holder: Connection;
let running: Promise<unknown>;

/** A transaction that has locked a row and runs a text with an emoji. */
beforeAll(async () => {
  namespace = await testNamespace('emoji');
  const [url] = namespace.env['ORDERSHARD_MYSQL_URLS']!.split(',') as [string];
  sessions = openShardSessions(shardsFromUrls([url]));
  holder = await createConnection({ uri: url, charset: 'utf8mb4' });
  await holder.query('CREATE TABLE meals (id INT PRIMARY KEY, name VARCHAR(20)) DEFAULT CHARSET utf8mb4');
  await holder.query(`INSERT INTO meals VALUES (1, 'noodles')`);
  await holder.beginTransaction();
  await holder.query('SELECT * FROM meals WHERE id = 1 FOR UPDATE');
  running = holder.query(`SELECT SLEEP(120), '🍜' FROM meals`).catch(() => undefined);
  await until('User sleep');
});

afterAll(async () => {
  holder.destroy();
  await running;
  await sessions.close();
  await namespace.drop();
});

async function until(state: string): Promise<string> {
  for (;;) {
    const found = (await sessions.onShard(0, readProcesses)).find((each) => each.state?.startsWith(state));
    if (found !== undefined) return found.id;
  }
}

test('while a text with an emoji runs, those who hold rows are found, and the oldest transaction with its age', async () => {
  const id = String(holder.threadId);
  const holders = await sessions.onShard(0, holdersOfRows);
  expect(holders.map(({ connection_id: connection }) => connection)).toEqual([id]);
  const oldest = await sessions.onShard(0, oldestTransaction);
  expect(oldest).toMatchObject({ id, who: expect.stringMatching(/@.+:\d+$/) });
  expect(oldest!.seconds).toBeGreaterThanOrEqual(0);
  expect(oldest!.seconds).toBeLessThan(3_600);
});

test('while a text with an emoji runs, a wait for the lock of a table is ended', async () => {
  const waiting = sessions.onShard(0, (session) =>
    session.execute('ALTER TABLE meals ADD COLUMN price INT').then(
      () => 'altered',
      ({ errno }: { errno: number }) => errno,
    ),
  );
  const id = await until('Waiting for table metadata lock');
  expect(await sessions.onShard(0, (session) => endMetadataWait(session, BigInt(id)))).toBe('table');
  expect(await waiting).toBe(1317);
});
