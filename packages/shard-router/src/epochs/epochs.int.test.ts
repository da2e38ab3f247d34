import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FenceError, KeyElsewhereError } from '../errors.ts';
import { decodeNumber, lowestNumberAt } from '../ids/snowflake.ts';
import type { ShardRouter } from '../router.ts';
import { abortEpoch } from './abort-epoch.ts';
import { closeEpochs, readOpenings } from './close-epochs.ts';
import { BUCKETS, type GrownCluster, grownCluster, soon, THIRDS } from './epoch-cluster.fixture.ts';
import { EpochAbortedError, EpochRefusedError } from './errors.ts';
import { openEpoch, type OpeningStep } from './open-epoch.ts';
import { settleEpochs } from './settle-epochs.ts';

let grown: GrownCluster;
let router: ShardRouter;

beforeAll(async () => {
  grown = await grownCluster();
  router = await grown.router({ mapPollMs: 200 });
});
afterAll(() => grown.end());

const HOUR_MS = 3_600_000;

/** All fences of numbers and keys on a shard, with the columns that another run of the same step must not change. */
const fencesOf = (shard: number) =>
  grown.cluster.onShard(shard, (session) =>
    session.query(
      `SELECT bucket, range_from, range_to, state, next_owner, writable_from, readable_from FROM bucket_fences
        UNION ALL SELECT bucket, range_from, range_to, state, next_owner, key_generation, -1 FROM key_fences
        ORDER BY 1, 2, 7`,
    ),
  );
const allFences = () => Promise.all(grown.cluster.shards.map(fencesOf));

/** The opening of the epoch that begins at a number. */
const openingAt = async (from: bigint) =>
  (await readOpenings(grown.cluster)).find((opening) => opening.from === from);

/** Waits until every decision is carried out: a router may be doing it as well as the opener. */
async function allSettled(): Promise<void> {
  while ((await readOpenings(grown.cluster)).some(({ settled }) => !settled)) await until(Date.now() + 20);
}

async function note(number: bigint, body = 'note', key?: string): Promise<number> {
  const target = key === undefined ? { number, fresh: true } : { number, key, fresh: true };
  const outcome = await router.write(target, ({ bucket }) => ({
    statements: [
      { sql: 'INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)', values: [number, bucket, body] },
    ],
  }));
  return outcome.shard;
}

const bodyOf = (number: bigint) =>
  router.read(number, (session) => session.query('SELECT body FROM notes WHERE number = ?', [number]));

async function until(moment: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, moment - Date.now())));
}

/** For each bucket, how many shards own a number by their fences: never two, and never none once an opening has ended. */
async function ownersAt(number: bigint): Promise<number[]> {
  const rows = await Promise.all(
    grown.cluster.shards.map((shard) =>
      grown.cluster.onShard(shard, (session) =>
        session.query<{ bucket: number }>(
          `SELECT bucket FROM bucket_fences
            WHERE range_from <= ? AND range_to > ? AND state IN ('owned', 'capturing') AND writable_from <= ?`,
          [number, number, number],
        ),
      ),
    ),
  );
  return Array.from({ length: BUCKETS }, (_, bucket) =>
    rows.reduce((count, owned) => count + owned.filter((row) => row.bucket === bucket).length, 0),
  );
}

/** Each opening of a test gives the new shard other buckets than the one before. */
let turn = 0;
const nextOwners = () => {
  turn += 1;
  return Array.from({ length: BUCKETS }, (_, bucket) => ((bucket + turn) % 3 === 2 ? 2 : bucket % 2));
};

test('an epoch gives later numbers and keys to their new owners, and the earlier ones stay where they are', async () => {
  const stale = await grown.router({ mapPollMs: HOUR_MS });
  const lifetimeMs = HOUR_MS;
  const keys = Array.from({ length: 30 }, (_, i) => `key ${i}`);
  const earlier = keys.map((key) => ({ key, number: router.drawNumberFor(key) }));
  const homes = await Promise.all(earlier.map(({ number, key }) => note(number, key, key)));
  const late = keys.map((key) => router.drawNumberFor(key));
  const owners = nextOwners();
  const options = soon(2_500, { owners, keyOwners: owners });
  const { version } = await openEpoch(grown.cluster, options);
  expect(await openingAt(lowestNumberAt(options.fromMs))).toMatchObject({
    state: 'active',
    settled: true,
    mapVersion: version,
    openedBy: 'test',
  });
  await until(options.fromMs);
  await router.refreshMap();
  let moved = 0;
  for (const [i, { key, number: old }] of earlier.entries()) {
    expect(await bodyOf(old)).toEqual([{ body: key }]);
    const number = router.drawNumberFor(key);
    const now = owners[router.bucketOf(key)]!;
    expect(router.shardOf({ key })).toBe(now);
    const look = { sql: 'SELECT body FROM notes WHERE body = ?', values: [key] };
    const found = await router.readEarlier<{ body: string }>(key, { number, lifetimeMs }, look);
    if (now === homes[i]) {
      // Keys that keep their shard are as before, and so is a late write of them.
      expect(found).toBeUndefined();
      expect(await note(late[i]!, `late ${i}`, key)).toBe(now);
      continue;
    }
    moved += 1;
    expect(found).toEqual({ body: key });
    await expect(note(late[i]!, `late ${i}`, key)).rejects.toThrow(KeyElsewhereError);
    expect(await note(number, `again ${i}`, key)).toBe(now);
  }
  expect(moved).toBeGreaterThan(3);
  // A router that has not heard of the epoch learns of it from the fences.
  const numbers = Array.from({ length: 40 }, () => stale.drawNumber());
  const shards = await Promise.all(
    numbers.map((number) =>
      stale.transaction({ number, fresh: true }, async (tx) => {
        await tx.execute('INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)', [
          number,
          tx.bucket,
          'x',
        ]);
        return tx.shard;
      }),
    ),
  );
  expect(shards).toEqual(numbers.map((number) => owners[stale.bucketOf(number)]));
  expect(new Set(await ownersAt(numbers[0]!))).toEqual(new Set([1]));
  expect(new Set(await ownersAt(earlier[0]!.number))).toEqual(new Set([1]));
});

/** Writes a note through another router than that of the scope around. */
async function onItsOwn(other: ShardRouter, number: bigint): Promise<void> {
  await other.write({ number, fresh: true }, ({ bucket }) => ({
    statements: [
      { sql: 'INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)', values: [number, bucket, 'other'] },
    ],
  }));
}

describe('an opening', () => {
  test('is refused where it cannot be, and nothing is changed', async () => {
    const before = await allFences();
    const refused = async (options: Parameters<typeof soon>[1], why: RegExp, beginsInMs = 30_000) => {
      const opening = openEpoch(grown.cluster, soon(beginsInMs, options));
      await expect(opening).rejects.toThrow(EpochRefusedError);
      await expect(opening).rejects.toThrow(why);
    };
    await refused({ limits: { leadMs: 60_000, decidedBeforeMs: 1, prepareMs: 1 } }, /at least 60 s/);
    await refused({ owners: THIRDS.slice(1) }, /owners: 63 buckets have an owner, not 64/);
    await refused({ owners: THIRDS.map(() => 7) }, /there is no shard 7/);
    await refused({ owners: THIRDS.map((owner) => owner % 2) }, /shard 2 would own keys and no numbers/);
    await grown.cluster.onShard(1, (session) =>
      session.execute(`UPDATE bucket_fences SET state = 'capturing' WHERE bucket = 5`),
    );
    await refused({}, /bucket 5 is capturing: it is being moved/);
    await grown.cluster.onShard(1, (session) =>
      session.execute(`UPDATE bucket_fences SET state = 'owned' WHERE bucket = 5`),
    );
    const ahead = lowestNumberAt(Date.now() + 10 * HOUR_MS);
    await grown.cluster.onShard(1, async (session) => {
      await session.execute('SET @ordershard_bucket = -1');
      await session.execute('INSERT INTO notes (number, bucket, body) VALUES (?, 1, ?)', [ahead, 'future']);
      await session.execute('SET @ordershard_bucket = NULL');
    });
    await refused({}, /shard 1 has numbers of the epoch already, in notes/);
    await grown.cluster.onShard(1, async (session) => {
      await session.execute('SET @ordershard_bucket = -1');
      await session.execute('DELETE FROM notes WHERE number = ?', [ahead]);
      await session.execute('SET @ordershard_bucket = NULL');
    });
    await allSettled();
    expect(await allFences()).toEqual(before);
  });

  test('waits for a transaction that is open in one bucket, and others are written meanwhile', async () => {
    const held = router.drawNumber();
    let opening: Promise<unknown> | undefined;
    const owners = nextOwners();
    const options = soon(3_500, { owners, keyOwners: owners });
    await router.transaction({ number: held, fresh: true }, async (tx) => {
      await tx.execute('INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)', [
        held,
        tx.bucket,
        'held',
      ]);
      opening = openEpoch(grown.cluster, options);
      const from = lowestNumberAt(options.fromMs);
      while ((await openingAt(from)) === undefined) await until(Date.now() + 20);
      const other = await grown.router({ mapPollMs: HOUR_MS });
      for (let i = 0; i < 20; i += 1) {
        const number = other.drawNumber();
        if (other.bucketOf(number) !== other.bucketOf(held)) await onItsOwn(other, number);
      }
      expect(await openingAt(from)).toMatchObject({ state: 'preparing' });
    });
    await opening;
    expect(await openingAt(lowestNumberAt(options.fromMs))).toMatchObject({ state: 'active' });
    await until(options.fromMs);
  });

  test('is aborted when a bucket cannot be had in time, and a shut range opens again', async () => {
    const before = await allFences();
    const held = router.drawNumber(1);
    let from = 0n;
    await router.transaction({ number: held, fresh: true }, async (tx) => {
      await tx.execute('INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)', [
        held,
        tx.bucket,
        'held',
      ]);
      const limits = { leadMs: 1_000, decidedBeforeMs: 200, prepareMs: 400 };
      const options = soon(30_000, { limits });
      from = lowestNumberAt(options.fromMs);
      const opening = openEpoch(grown.cluster, options);
      await expect(opening).rejects.toThrow(EpochAbortedError);
      await expect(opening).rejects.toThrow(/transactions hold 1 buckets/);
    });
    await allSettled();
    expect(await allFences()).toEqual(before);
    expect(await openingAt(from)).toMatchObject({ state: 'aborted', settled: true });
  });
});

describe('an opening whose opener is gone', () => {
  /** Opens an epoch and stops after a step, as if it had been killed there: no abort, no clean-up. */
  function openUntil(step: OpeningStep, beginsInMs: number): Promise<bigint> {
    return new Promise((resolve, reject) => {
      const owners = nextOwners();
      const limits = { leadMs: 1_000, decidedBeforeMs: 200, prepareMs: 4_000 };
      const afterStep = (done: OpeningStep) => {
        if (done.step !== step.step || done.shard !== step.shard) return undefined;
        resolve(lowestNumberAt(options.fromMs));
        return new Promise<void>(() => undefined);
      };
      const options = soon(beginsInMs, { owners, keyOwners: owners, limits, afterStep });
      openEpoch(grown.cluster, options).catch(reject);
    });
  }

  /** Waits until an opening is settled, and returns the decision. */
  async function settled(from: bigint): Promise<string> {
    for (;;) {
      const opening = await openingAt(from);
      if (opening?.settled === true) return opening.state;
      await until(Date.now() + 50);
    }
  }

  test.each<OpeningStep>([
    { step: 'noted', shard: 0 },
    { step: 'prepared', shard: 0 },
    { step: 'prepared', shard: 1 },
  ])('after %j is aborted by the routers', async (step) => {
    const before = await allFences();
    const from = await openUntil(step, 30_000);
    expect(await settled(from)).toBe('aborted');
    await allSettled();
    expect(await allFences()).toEqual(before);
    for (const shard of [0, 1]) expect(await note(router.drawNumber(shard))).toBe(shard);
  });

  test.each<OpeningStep>([
    { step: 'decided', shard: 0 },
    { step: 'followed', shard: 1 },
  ])('after %j is made active by the routers, and no shard stays shut', async (step) => {
    const from = await openUntil(step, 6_000);
    expect(await settled(from)).toBe('active');
    await until(decodeNumber(from).timeMs);
    await router.refreshMap();
    for (const shard of [0, 1, 2]) expect(await note(router.drawNumber(shard))).toBe(shard);
    expect(new Set(await ownersAt(router.drawNumber()))).toEqual(new Set([1]));
  });

  test('and that wakes up later does nothing more', async () => {
    let wake: (value?: unknown) => void = () => undefined;
    const asleep = new Promise((resolve) => (wake = resolve));
    const limits = { leadMs: 1_000, decidedBeforeMs: 200, prepareMs: 200 };
    const before = await allFences();
    const options = soon(30_000, {
      limits,
      afterStep: async ({ step, shard }) => {
        if (step === 'prepared' && shard === 0) await asleep;
      },
    });
    const opening = openEpoch(grown.cluster, options);
    opening.catch(() => undefined);
    const from = lowestNumberAt(options.fromMs);
    while ((await openingAt(from)) === undefined) await until(Date.now() + 20);
    expect(await settled(from)).toBe('aborted');
    wake();
    await expect(opening).rejects.toThrow(EpochAbortedError);
    await allSettled();
    expect(await allFences()).toEqual(before);
  });
});

test('a range that is prepared and not decided refuses numbers for the moment, and the operator can abort it', async () => {
  const limits = { leadMs: 200, decidedBeforeMs: -HOUR_MS, prepareMs: HOUR_MS };
  const stopped = new Promise<bigint>((resolve, reject) => {
    const options = soon(2_500, {
      limits,
      afterStep: ({ step, shard }) => {
        if (step !== 'prepared' || shard !== 2) return undefined;
        resolve(lowestNumberAt(options.fromMs));
        return new Promise<void>(() => undefined);
      },
    });
    openEpoch(grown.cluster, options).catch(reject);
  });
  const from = await stopped;
  let number = router.drawNumber();
  while (number < from) {
    await until(Date.now() + 50);
    number = router.drawNumber();
  }
  await expect(note(number)).rejects.toThrow(FenceError);
  await expect(note(router.drawNumberFor('key'), 'keyed', 'key')).rejects.toThrow(FenceError);
  expect(await settleEpochs(grown.cluster, 'test')).toEqual({ settled: 0, pending: 1 });
  await abortEpoch(grown.cluster, from, 'test');
  expect(await note(number)).toBe(router.shardOf(number));
  await expect(abortEpoch(grown.cluster, from + 1n, 'test')).rejects.toThrow(/no epoch is being opened/);
});

test('epochs before one of which nothing is left are closed', async () => {
  const owners = nextOwners();
  const options = soon(3_000, { owners, keyOwners: owners });
  await openEpoch(grown.cluster, options);
  await until(options.fromMs + 100);
  const from = lowestNumberAt(options.fromMs);
  const close = (keyLifetimeMs: number) => closeEpochs(grown.cluster, { from, keyLifetimeMs, by: 'test' });
  await expect(close(HOUR_MS)).rejects.toThrow(/keys of the epoch before live until/);
  // The margin for late keys counts backwards here, as if the epoch had begun long ago.
  const longAgo = -15 * 60_000;
  await expect(close(longAgo)).rejects.toThrow(/shard \d still has numbers of the epoch before/);
  await Promise.all(
    grown.cluster.shards.map((shard) =>
      grown.cluster.onShard(shard, (session) =>
        session.execute(
          `UPDATE bucket_fences SET writable_from = GREATEST(writable_from, ?), readable_from = GREATEST(readable_from, ?)`,
          [from, from],
        ),
      ),
    ),
  );
  const map = await close(longAgo);
  expect(map.epochs).toMatchObject([{ from: '0', owners }]);
  expect(await openingAt(from)).toMatchObject({ state: 'closed', settled: true });
  const ranges = await Promise.all(
    grown.cluster.shards.map((shard) =>
      grown.cluster.onShard(shard, (session) =>
        session.query(
          `SELECT range_from, range_to, COUNT(*) AS buckets FROM bucket_fences GROUP BY 1, 2
            UNION ALL SELECT range_from, range_to, COUNT(*) FROM key_fences GROUP BY 1, 2`,
        ),
      ),
    ),
  );
  const whole = { range_from: '0', range_to: String(2n ** 63n - 1n), buckets: String(BUCKETS) };
  expect(ranges).toEqual([0, 1, 2].map(() => [whole, whole]));
  await router.refreshMap();
  for (const shard of [0, 1, 2]) {
    expect(await note(router.drawNumber(shard))).toBe(shard);
  }
  expect(await note(router.drawNumberFor('a key'), 'x', 'a key')).toBe(router.shardOf({ key: 'a key' }));
});
