import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { type ShardRouter, sql, TransactionAbortedError, withShardSessions } from '../index.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';

/** So many small statements that a kill strikes between two of them in many a case. */
const STEPS = 60;
const UNITS = 200;

let cluster: TestCluster;
let router: ShardRouter;
let killer: Connection;

beforeAll(async () => {
  cluster = await testCluster('stopped');
  router = await cluster.router();
  killer = await createConnection(cluster.shards[0]!.writer as string);
  await withShardSessions([cluster.shards[0]!], (session) =>
    session.execute(
      'CREATE TABLE steps (number BIGINT NOT NULL, step INT NOT NULL, PRIMARY KEY (number, step))',
    ),
  );
});

afterAll(async () => {
  await killer.end();
  await cluster.end();
});

/** Strikes the queries of all other sessions of this database until told to end. */
async function killQueries(ended: () => boolean): Promise<void> {
  while (!ended()) {
    const [rows] = await killer.query<RowDataPacket[]>(
      `SELECT id AS id FROM information_schema.processlist
        WHERE db = DATABASE() AND info LIKE 'UPDATE steps%' AND id <> CONNECTION_ID()`,
    );
    for (const { id } of rows) await killer.query(`KILL QUERY ${id}`);
    // As often as not a text is over meanwhile.
    await sleep(Math.random() * 40);
  }
}

/** Writes a unit of many statements without a way to find out whether it was applied; aborted ones anew. */
async function write(number: bigint): Promise<void> {
  for (;;) {
    try {
      await router.write({ number }, () => ({
        statements: [
          sql`INSERT INTO steps (number, step) VALUES (${number}, 0)`,
          ...Array.from(
            { length: STEPS },
            () => sql`UPDATE steps SET step = step + 1 WHERE number = ${number}`,
          ),
        ],
      }));
      return;
    } catch (error) {
      if (!(error instanceof TransactionAbortedError)) throw error;
    }
  }
}

test('a unit whose text the server stops at without a word is written once, and its caller need not know', async () => {
  const numbers = Array.from({ length: UNITS }, () => router.drawNumber(0));
  let done = false;
  const killing = killQueries(() => done);
  try {
    for (let at = 0; at < UNITS; at += 8) await Promise.all(numbers.slice(at, at + 8).map(write));
  } finally {
    done = true;
    await killing;
  }
  const [rows] = await withShardSessions([cluster.shards[0]!], (session) =>
    session.query<{ number: string; step: number }>('SELECT number, step FROM steps ORDER BY number'),
  );
  expect(rows).toEqual(
    numbers.toSorted((a, b) => (a < b ? -1 : 1)).map((number) => ({ number: String(number), step: STEPS })),
  );
});
