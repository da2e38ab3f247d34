import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bucketOf, nextMap, publishMap, type ShardSession, withShardSessions } from '../index.ts';
import { BucketElsewhereError, FenceError, MapConflictError, TransactionAbortedError } from '../errors.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';
import type { ShardRouter } from '../router.ts';

let cluster: TestCluster;
let router: ShardRouter;

beforeAll(async () => {
  cluster = await testCluster('stale');
  // With polling, the router would learn of a new map. A stale router hears nothing.
  router = await cluster.router({ mapPollMs: 3_600_000 });
});

afterAll(() => cluster.end());

const INSERT = 'INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)';

async function setFence(
  session: ShardSession,
  bucket: number,
  state: string,
  nextOwner: number | null,
): Promise<void> {
  await session.execute(
    'UPDATE bucket_fences SET state = ?, next_owner = ?, generation = generation + 1 WHERE bucket = ?',
    [state, nextOwner, bucket],
  );
}

/**
 * Buckets that a test has used. It may have left them on shard 1, and the router learns that only at its next write to them.
 */
const had = new Set<number>();

/** A number on shard 0, of a bucket that no test has used. */
function freshNumber(): bigint {
  let number = router.drawNumber(0);
  while (had.has(bucketOf(number, 1024))) number = router.drawNumber(0);
  had.add(bucketOf(number, 1024));
  return number;
}

/** Numbers of one bucket that lives on shard 0. */
function numbersOf(bucket: number, count: number): bigint[] {
  const numbers: bigint[] = [];
  while (numbers.length < count) {
    const number = router.drawNumber(0);
    if (bucketOf(number, 1024) === bucket) numbers.push(number);
  }
  return numbers;
}

/** Hands a bucket, with its rows, from shard 0 to shard 1 by its fences alone: never two owners. */
async function handOver(bucket: number): Promise<void> {
  await router.onShard(0, (session) => setFence(session, bucket, 'frozen', null));
  const rows = await router.onShard(0, (session) =>
    session.query<{ number: string; body: string }>('SELECT number, body FROM notes WHERE bucket = ?', [
      bucket,
    ]),
  );
  await router.onShard(1, async (session) => {
    for (const row of rows) await session.execute(INSERT, [row.number, bucket, row.body]);
    await setFence(session, bucket, 'owned', null);
  });
  await router.onShard(0, (session) => setFence(session, bucket, 'moved', 1));
}

test('a stale router follows a bucket that moves while it writes and reads', async () => {
  const bucket = bucketOf(freshNumber(), 1024);
  const numbers = numbersOf(bucket, 120);
  let moved: Promise<void> | undefined;
  const written: bigint[] = [];
  await Promise.all(
    [0, 1, 2, 3].map(async (lane) => {
      for (let i = lane; i < numbers.length; i += 4) {
        const number = numbers[i]!;
        await router.transaction({ number }, (tx) =>
          tx.execute(INSERT, [number, tx.bucket, `note ${number}`]),
        );
        written.push(number);
        if (written.length === 40) moved = handOver(bucket);
        const seen = await router.read(number, (session) =>
          session.query('SELECT body FROM notes WHERE number = ?', [number]),
        );
        expect(seen).toEqual([{ body: `note ${number}` }]);
      }
    }),
  );
  await moved;
  const [left, held] = await withShardSessions(cluster.shards, (session) =>
    session.query<{ number: string }>('SELECT number FROM notes WHERE bucket = ? ORDER BY number', [bucket]),
  );
  const onNewOwner = new Set(held!.map((row) => row.number));
  expect(onNewOwner.size).toBe(numbers.length);
  // The old owner's remaining rows were written before it gave the bucket away; the new owner has them as well.
  expect(left!.length).toBeGreaterThan(0);
  expect(left!.length).toBeLessThan(numbers.length);
  for (const row of left!) expect(onNewOwner.has(row.number)).toBe(true);
});

test('left-over rows are not seen by fenced reads', async () => {
  const bucket = bucketOf(freshNumber(), 1024);
  const [number] = numbersOf(bucket, 1) as [bigint];
  await router.transaction({ number }, (tx) => tx.execute(INSERT, [number, tx.bucket, 'old']));
  await handOver(bucket);
  await router.onShard(1, (session) =>
    session.execute('UPDATE notes SET body = ? WHERE number = ?', ['new', number]),
  );
  const rows = await router.read(number, (session) =>
    session.query('SELECT body FROM notes WHERE number = ?', [number]),
  );
  expect(rows).toEqual([{ body: 'new' }]);
});

test('a transaction that is begun on the routing pool is taken to the new owner as well', async () => {
  const bucket = bucketOf(freshNumber(), 1024);
  const [number] = numbersOf(bucket, 1) as [bigint];
  await handOver(bucket);
  let runs = 0;
  await router.withKey(number, async () => {
    runs += 1;
    const connection = await router.pool.promise().getConnection();
    try {
      await connection.beginTransaction();
      await connection.query(INSERT, [number, bucket, 'here']);
      await connection.commit();
    } finally {
      connection.release();
    }
  });
  expect(runs).toBe(2);
  const held = await router.onShard(1, (session) =>
    session.query('SELECT body FROM notes WHERE number = ?', [number]),
  );
  expect(held).toEqual([{ body: 'here' }]);
});

test('a fence that stays shut is told by type', async () => {
  const bucket = bucketOf(freshNumber(), 1024);
  const [number] = numbersOf(bucket, 1) as [bigint];
  await router.onShard(0, (session) => setFence(session, bucket, 'frozen', null));
  await expect(router.transaction({ number }, () => undefined)).rejects.toThrow(FenceError);
  await router.onShard(0, (session) => setFence(session, bucket, 'moved', 0));
  const error = await router.transaction({ number }, () => undefined).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(FenceError);
  expect((error as Error).cause).toBeInstanceOf(BucketElsewhereError);
});

describe('a deadline holds for all the times that work is run', () => {
  const exceeded = { code: 'ROUTER_DEADLINE_EXCEEDED', retryable: true };

  test('of a transaction', async () => {
    const [, shut] = await openAndShut();
    const late = router.transaction({ number: shut }, () => undefined, { timeoutMs: 50 });
    await expect(late).rejects.toMatchObject(exceeded);
  });

  test('of a scope', async () => {
    const [, shut] = await openAndShut();
    const late = router.withKey(
      shut,
      async () => {
        const connection = await router.pool.promise().getConnection();
        try {
          await connection.beginTransaction();
        } finally {
          connection.release();
        }
      },
      { timeoutMs: 50 },
    );
    await expect(late).rejects.toMatchObject(exceeded);
  });
});

/** Two numbers of shard 0 in different buckets, the second one behind a shut fence. */
async function openAndShut(): Promise<[open: bigint, shut: bigint]> {
  const [open, shut] = [freshNumber(), freshNumber()];
  await router.onShard(0, (session) => setFence(session, bucketOf(shut, 1024), 'frozen', null));
  return [open, shut];
}

describe('work that fails for another target than its own is not run again', () => {
  /** The inner work, on the number behind the shut fence. */
  const inner: [string, (shut: bigint) => Promise<unknown>][] = [
    ['a transaction', (shut) => router.transaction({ number: shut }, () => undefined)],
    ['a fenced read', (shut) => router.read(shut, (session) => session.query('SELECT 1'))],
    [
      'a transaction of the pool',
      (shut) =>
        router.withKey(shut, async () => {
          const connection = await router.pool.promise().getConnection();
          try {
            await connection.beginTransaction();
          } finally {
            connection.release();
          }
        }),
    ],
    [
      'a transaction that is wrapped in an error of its user',
      (shut) =>
        router
          .transaction({ number: shut }, () => undefined)
          .catch((cause: unknown) => {
            throw new Error('placing failed', { cause });
          }),
    ],
  ];

  test.each(inner)('%s in a scope', async (_, fail) => {
    const [open, shut] = await openAndShut();
    let runs = 0;
    const outer = router.withKey(open, () => {
      runs += 1;
      return fail(shut);
    });
    await expect(outer).rejects.toThrow();
    expect(runs).toBe(1);
  });

  test('a transaction in a scope, that the server gives up again and again', async () => {
    const [open, other] = [freshNumber(), router.drawNumber(1)];
    let runs = 0;
    const outer = router.withKey(open, () => {
      runs += 1;
      return router.transaction({ number: other }, (tx) =>
        tx.query("SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'Deadlock found'"),
      );
    });
    await expect(outer).rejects.toThrow(TransactionAbortedError);
    expect(runs).toBe(1);
  });
});

test('of two operators that publish the same version of the map one wins, and the other is told', async () => {
  const fresh = await cluster.router();
  const load = () =>
    fresh.onShard(0, async (session) => {
      const [row] = await session.query<{ version: number; hash: string; parent_hash: string; body: string }>(
        'SELECT * FROM shard_maps ORDER BY version DESC LIMIT 1',
      );
      return row!;
    });
  const stored = await load();
  const body = JSON.parse(stored.body) as Parameters<typeof nextMap>[0];
  const parent = { ...body, version: stored.version, hash: stored.hash, parentHash: stored.parent_hash };
  const swapped = (bucket: number) => {
    const owners = body.keyOwners.map((owner, at) => (at === bucket ? 1 - owner : owner));
    return nextMap({ ...body, keyOwners: owners }, parent);
  };
  const publish = (bucket: number) =>
    publishMap(swapped(bucket), fresh.allShards(), (shard, fn) => fresh.onShard(shard, fn));
  const results = await Promise.allSettled([publish(1), publish(2)]);
  expect(results.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected']);
  const lost = results.find((result) => result.status === 'rejected');
  expect(lost?.reason).toBeInstanceOf(MapConflictError);
  const hashes = await Promise.all(
    [0, 1].map((shard) =>
      fresh.onShard(shard, (session) =>
        session.query('SELECT version, hash FROM shard_maps ORDER BY version'),
      ),
    ),
  );
  expect(hashes[0]).toEqual(hashes[1]);
});
