import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type ShardSession, withShardSessions } from '../index.ts';
import { ShardPool } from '../pools/shard-pool.ts';
import { DEFAULT_LIMITS } from '../router-options.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';
import { parseEndpoint } from '../topology/endpoint.ts';
import { queryShape } from '../write/query-text.ts';
import { ReadsTogether, type Rows } from './reads-together.ts';

const CALLERS = 64;
const LONG_MS = 60_000;
const QUICK = "SELECT n, 'quick' AS kind FROM digits WHERE n = ";
const GATED = "SELECT n, 'gated' AS kind FROM gate WHERE n = ";

let cluster: TestCluster;
let pool: ShardPool;
let reads: ReadsTogether;
/** Round trips so far. */
let trips = 0;

beforeAll(async () => {
  cluster = await testCluster('readstogether');
  await inSession(async (session) => {
    await session.execute('CREATE TABLE digits (n INT PRIMARY KEY)');
    await session.execute('CREATE TABLE gate (n INT PRIMARY KEY)');
    const values = Array.from({ length: CALLERS }, (_, n) => `(${n})`).join(', ');
    await session.execute(`INSERT INTO digits VALUES ${values}`);
    await session.execute(`INSERT INTO gate VALUES ${values}`);
  });
  pool = new ShardPool(0, parseEndpoint(cluster.shards[0]!.writer), 'merged', DEFAULT_LIMITS);
  pool.driver.on('acquire', () => (trips += 1));
});

beforeEach(async () => {
  reads = new ReadsTogether(pool);
  await proven(QUICK);
  await proven(GATED);
});

afterAll(async () => {
  await pool.close();
  await cluster.end();
});

const inSession = (fn: (session: ShardSession) => Promise<void>) =>
  withShardSessions(cluster.shards.slice(0, 1), fn);

function ask(text: string, n: number, timeoutMs = LONG_MS): Promise<Rows> {
  return reads.query(queryShape(`${text}?`), `${text}${n}`, timeoutMs);
}

/** Lets a query show that it is quick. */
async function proven(text: string): Promise<void> {
  for (let i = 0; i < 10; i += 1) await ask(text, i);
}

/** Runs `fn` while nobody can read the gate. */
async function whileShut(fn: () => Promise<void>): Promise<void> {
  await inSession(async (session) => {
    await session.query('LOCK TABLES gate WRITE');
    try {
      await fn();
    } finally {
      await session.query('UNLOCK TABLES');
    }
  });
}

const all = (text: string) => Array.from({ length: CALLERS }, (_, n) => ask(text, n));

test('each caller has the rows that it asked for, in fewer round trips than there are callers', async () => {
  trips = 0;
  const rows = await Promise.all([...all(QUICK), ...all(GATED)]);
  const numbers = Array.from({ length: CALLERS }, (_, n) => n);
  expect(rows).toEqual([
    ...numbers.map((n) => [{ n, kind: 'quick' }]),
    ...numbers.map((n) => [{ n, kind: 'gated' }]),
  ]);
  expect(trips).toBeLessThan(CALLERS);
});

test('a query that fails fails alone', async () => {
  const wrong = 'SELECT (SELECT n FROM digits) AS several, n FROM digits WHERE n <> ';
  const fine = 'SELECT (SELECT MIN(n) FROM digits) AS least, n FROM digits WHERE n = ';
  for (let i = 0; i < 10; i += 1) await ask(fine, i);
  // This query has the text of a quick one, and fails with other values.
  const failing = reads.query(queryShape(`${fine}?`), `${wrong}0`, LONG_MS);
  const outcomes = await Promise.allSettled([...all(QUICK), failing, ...all(GATED)]);
  expect(outcomes.map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(1);
  await expect(failing).rejects.toMatchObject({ errno: 1242 });
});

test('a slow query holds up none of those that were sent with it, and is answered when it can be', async () => {
  let answered = false;
  let slow: Promise<Rows> | undefined;
  await whileShut(async () => {
    const first = ask(QUICK, 0);
    slow = ask(GATED, 7);
    void slow.then(() => (answered = true));
    await Promise.all([first, ...all(QUICK)]);
    expect(answered).toBe(false);
    // From now on the slow query is sent by itself.
    await Promise.all([ask(QUICK, 0), ...all(QUICK)]);
    expect(answered).toBe(false);
  });
  expect(await slow).toEqual([{ n: 7, kind: 'gated' }]);
});

test('a deadline is of the one who has it', async () => {
  await whileShut(async () => {
    const first = ask(QUICK, 0);
    const late = ask(GATED, 7, 200);
    const others = all(QUICK);
    await expect(late).rejects.toMatchObject({ code: 'ROUTER_DEADLINE_EXCEEDED' });
    await Promise.all([first, ...others]);
  });
});

test('a closed pool is told to all who wait', async () => {
  const closing = new ShardPool(0, parseEndpoint(cluster.shards[0]!.writer), 'merged', DEFAULT_LIMITS);
  reads = new ReadsTogether(closing);
  await proven(QUICK);
  const asked = Promise.allSettled(all(QUICK));
  await closing.close();
  for (const outcome of await asked)
    if (outcome.status === 'rejected')
      expect(outcome.reason).toMatchObject({
        code: expect.stringMatching(/^ROUTER_(CLOSED|SHARD_UNAVAILABLE)$/),
      });
});
