import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startStack, type Stack } from '@ordershard/stack';
import {
  connectShardRouter,
  initialiseCluster,
  migrateShards,
  ROUTER_MIGRATIONS,
  type ShardConfig,
  shardsFromUrls,
} from '../index.ts';
import { TEST_MIGRATIONS } from '../router.fixture.ts';
import type { ShardRouter } from '../router.ts';

let stack: Stack;
let router: ShardRouter;
let idle: ShardRouter;
let shards: readonly ShardConfig[];
const breakerChanges: { shard: number; open: boolean }[] = [];

const STATEMENT_TIMEOUT_MS = 1_000;
/** Callers of each shard. */
const CALLERS = 4;

beforeAll(async () => {
  // Servers of its own, whatever servers the run has: they are killed.
  const { ORDERSHARD_MYSQL_URLS: _, ...env } = process.env;
  stack = await startStack({ ephemeral: true, shards: 3, parts: ['mysql'], env });
  shards = shardsFromUrls(stack.env['ORDERSHARD_MYSQL_URLS']!.split(','));
  await migrateShards(shards, [ROUTER_MIGRATIONS, TEST_MIGRATIONS]);
  await initialiseCluster({ clusterId: 'down', shards });
  const limits = {
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    queueTimeoutMs: STATEMENT_TIMEOUT_MS,
    connectTimeoutMs: 1_000,
  };
  const observer = {
    breakerChanged: (shard: number, open: boolean) => breakerChanges.push({ shard, open }),
  };
  router = await connectShardRouter({ clusterId: 'down', shards, observer, limits });
  idle = await connectShardRouter({ clusterId: 'down', shards, limits });
});

afterAll(async () => {
  await Promise.all([router?.close(), idle?.close()]);
  await stack?.stop();
});

async function write(shard: number): Promise<void> {
  const number = router.drawNumber(shard);
  await router.transaction({ number }, (tx) =>
    tx.execute('INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)', [number, tx.bucket, 'x']),
  );
}

/** Writes per second to some shards over a while, a few callers each, and every error that a caller met. */
async function load(wanted: readonly number[], forMs: number) {
  const errors: { code: string; retryable: boolean; tookMs: number }[] = [];
  const counts = new Map(wanted.map((shard) => [shard, 0]));
  const start = performance.now();
  await Promise.all(
    wanted.flatMap((shard) =>
      Array.from({ length: CALLERS }, async () => {
        while (performance.now() - start < forMs) {
          const began = performance.now();
          try {
            await write(shard);
            counts.set(shard, counts.get(shard)! + 1);
          } catch (error) {
            const { code, retryable } = error as { code: string; retryable: boolean };
            errors.push({ code, retryable, tookMs: performance.now() - began });
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        }
      }),
    ),
  );
  return { counts, errors };
}

/** Waits until a write to a shard succeeds, and says how long that took. */
async function usedAgain(shard: number): Promise<number> {
  const start = performance.now();
  for (;;) {
    try {
      await write(shard);
      return performance.now() - start;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Waits until the router through which nothing is asked draws no numbers for a shard. */
async function avoided(shard: number): Promise<void> {
  const draws = () => Array.from({ length: 50 }, () => idle.shardOf(idle.drawNumber()));
  while (draws().includes(shard)) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('a transaction is given up at its deadline, however long a statement may take', async () => {
  // Less than this test may take: should anything wait for it after all, it fails and says what.
  const long = 60_000;
  const patient = await connectShardRouter({
    clusterId: 'down',
    shards,
    poolSize: 1,
    limits: { statementTimeoutMs: long, queueTimeoutMs: long },
  });
  const number = router.drawNumber(1);
  const begin = (timeoutMs: number) => patient.transaction({ number }, () => undefined, { timeoutMs });
  const beginOnPool = (timeoutMs: number) =>
    patient.withKey(
      number,
      async () => {
        const connection = await patient.pool.promise().getConnection();
        try {
          await connection.beginTransaction();
        } finally {
          connection.release();
        }
      },
      { timeoutMs },
    );
  await begin(long);
  await stack.part('mysql-1').pause();
  try {
    const late = { code: 'ROUTER_DEADLINE_EXCEEDED', retryable: true };
    await expect(begin(200)).rejects.toMatchObject(late); // On the connection that is there.
    await expect(beginOnPool(200)).rejects.toMatchObject(late); // Where none is to be had.
  } finally {
    await stack.part('mysql-1').resume();
  }
  await usedAgain(1);
  await patient.close();
});

describe.each([
  ['killed', (s: Stack) => s.part('mysql-1').kill('SIGKILL'), (s: Stack) => s.part('mysql-1').restart()],
  ['stopped from running', (s: Stack) => s.part('mysql-1').pause(), (s: Stack) => s.part('mysql-1').resume()],
])('a shard of three that is %s', (_, strike, mend) => {
  test('fails its own callers by type and in time, nobody else`s, and is used again when it is back', async () => {
    breakerChanges.length = 0;
    await load([0, 1, 2], 300);
    await strike(stack);
    const { counts, errors } = await load([0, 1, 2], 2_500);
    await avoided(1);
    expect(counts.get(1)).toBe(0);
    expect(counts.get(0)).toBeGreaterThan(0);
    expect(counts.get(2)).toBeGreaterThan(0);
    expect(errors.length).toBeGreaterThan(0);
    // A signal takes a while to stop every thread: a caller can have had its COMMIT under way then.
    const unknown = errors.filter(({ code }) => code === 'ROUTER_UNKNOWN_OUTCOME');
    expect(unknown.length).toBeLessThanOrEqual(CALLERS);
    for (const error of errors) {
      // A process that did not get to run for as long as a lease lasts has none, and says so.
      if (!unknown.includes(error) && error.code !== 'ROUTER_NUMBERS_UNAVAILABLE')
        expect(error).toMatchObject({ code: 'ROUTER_SHARD_UNAVAILABLE', retryable: true });
    }
    // The time-out bounds each of the two things that a caller waits for: a connection, then an answer.
    expect(Math.max(...errors.map((error) => error.tookMs))).toBeLessThan(4 * STATEMENT_TIMEOUT_MS);
    expect(router.liveShards()).toEqual([0, 2]);
    for (let i = 0; i < 50; i += 1) expect(router.shardOf(router.drawNumber())).not.toBe(1);
    await mend(stack);
    const tookMs = await usedAgain(1);
    process.stderr.write(`used again after ${tookMs.toFixed(0)} ms\n`);
    expect(router.liveShards()).toEqual([0, 1, 2]);
    expect(breakerChanges[0]).toEqual({ shard: 1, open: true });
    expect(breakerChanges.at(-1)).toEqual({ shard: 1, open: false });
  });
});
