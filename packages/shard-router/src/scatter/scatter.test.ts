import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ShardMismatchError, ShardUnavailableError } from '../errors.ts';
import {
  ScatterCoverError,
  ScatterCursorError,
  ScatterIncompleteError,
  ScatterOrderError,
  ScatterQueryError,
} from './errors.ts';
import { type MemoryRow, MemoryShards } from './memory-shards.fixture.ts';
import { scatter, type ScatterOptions, scatterPage, type ScatterRow } from './scatter.ts';

const query = MemoryShards.query;

/** Some rows on each of three shards, and left-over ones of buckets that live elsewhere. */
function someShards(count = 60): MemoryShards {
  const cluster = new MemoryShards(3);
  for (let i = 0; i < count; i += 1) {
    const row = { a: BigInt(i % 4), b: `b${i % 7}`, number: BigInt(i), bucket: i % 8 };
    cluster.add(row);
    if (i % 5 === 0) cluster.add(row, (cluster.owners[row.bucket]! + 1) % 3);
  }
  return cluster;
}

async function all(cluster: MemoryShards, options: Partial<ScatterOptions> = {}): Promise<ScatterRow[]> {
  return toArray(scatter(cluster, { ...query, limit: 10_000, ...options }));
}

async function toArray(rows: AsyncIterable<ScatterRow>): Promise<ScatterRow[]> {
  const array: ScatterRow[] = [];
  for await (const row of rows) array.push(row);
  return array;
}

/** A promise that never comes. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}

const anyRow: fc.Arbitrary<Omit<MemoryRow, 'number'>> = fc.record({
  a: fc.oneof(fc.bigInt({ min: -3n, max: 3n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  b: fc.oneof(
    fc.constantFrom('', 'a', 'a ', 'a\t', 'A', 'ä', '～', '\u{1F600}', '\u{10FFFF}', '\uE000', '\u0000'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  ),
  bucket: fc.nat(MemoryShards.bucketCount - 1),
});

const anyCluster = fc
  .record({
    shards: fc.integer({ min: 1, max: 5 }),
    rows: fc.array(anyRow, { maxLength: 60 }),
    leftOvers: fc.array(fc.nat(59), { maxLength: 10 }),
  })
  .map(({ shards, rows, leftOvers }) => {
    const cluster = new MemoryShards(shards);
    for (const [i, row] of rows.entries()) cluster.add({ ...row, number: BigInt(i) ** 5n });
    for (const i of leftOvers) {
      const row = rows[i];
      if (row === undefined || shards === 1) continue;
      cluster.add({ ...row, number: BigInt(i) ** 5n }, (cluster.owners[row.bucket]! + 1) % shards);
    }
    return cluster;
  });

describe('whatever the rows, the shards and the sizes of pages', () => {
  test('the rows are those of all shards, in order, without left-overs', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyCluster,
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 5 }),
        async (cluster, pageSize, concurrency) => {
          expect(await all(cluster, { pageSize, concurrency })).toEqual(cluster.expected());
          expect(cluster.mostAtOnce).toBeLessThanOrEqual(concurrency);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('pages that follow each other by cursor make up the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyCluster,
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 9 }),
        async (cluster, limits, pageSize) => {
          const rows: ScatterRow[] = [];
          let cursor: string | undefined;
          for (let page = 0; ; page += 1) {
            const limit = limits[page % limits.length]!;
            const read = await scatterPage(cluster, {
              ...query,
              limit,
              pageSize,
              ...(cursor === undefined ? {} : { cursor }),
            });
            expect(read.rows.length).toBeLessThanOrEqual(limit);
            rows.push(...read.rows);
            cursor = read.nextCursor;
            if (cursor === undefined) break;
            expect(read.rows).toHaveLength(limit);
          }
          expect(rows).toEqual(cluster.expected());
        },
      ),
      { numRuns: 500 },
    );
  });

  test('buckets that move while they are read are read once', async () => {
    const moves = fc.uniqueArray(
      fc.record({
        at: fc.integer({ min: 1, max: 20 }),
        bucket: fc.nat(7),
        to: fc.nat(4),
        frozenFor: fc.nat(3),
      }),
      { maxLength: 4, selector: ({ bucket }) => bucket },
    );
    await fc.assert(
      fc.asyncProperty(
        anyCluster,
        moves,
        fc.integer({ min: 1, max: 10 }),
        async (cluster, plan, pageSize) => {
          const expected = cluster.expected();
          let questions = 0;
          cluster.beforeAnswer = () => {
            questions += 1;
            for (const { at, bucket, to, frozenFor } of plan) {
              if (questions === at) freeze(cluster, bucket, to % cluster.rows.length);
              if (questions === at + frozenFor) cluster.owners[bucket] = to % cluster.rows.length;
            }
          };
          expect(await all(cluster, { pageSize })).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** Copies a bucket's rows to their next shard and shuts its fence on the present one. The old rows become left-overs. */
function freeze(cluster: MemoryShards, bucket: number, to: number): void {
  const from = cluster.owners[bucket];
  cluster.owners[bucket] = undefined;
  if (from === undefined || from === to) return;
  const moving = cluster.rows[from]!.filter((row) => row.bucket === bucket);
  cluster.rows[to] = [...cluster.rows[to]!.filter((row) => row.bucket !== bucket), ...moving];
}

test('no more than the limit is handed out, and it is said whether there is more', async () => {
  const cluster = someShards();
  const reading = scatter(cluster, { ...query, limit: 7 });
  expect(await toArray(reading)).toEqual(cluster.expected().slice(0, 7));
  expect(reading.more).toBe(true);
  const exact = scatter(cluster, { ...query, limit: 60 });
  expect(await toArray(exact)).toHaveLength(60);
  expect(exact.more).toBe(false);
});

test('a small limit asks each shard once, for no more rows than it may need', async () => {
  const cluster = someShards();
  const limits: unknown[] = [];
  const port = {
    shards: () => cluster.shards(),
    query: async (shard: number, sql: string, values: Parameters<MemoryShards['query']>[2]) => {
      limits.push(values.at(-1));
      return cluster.query(shard, sql, values);
    },
  };
  await scatterPage(port, { ...query, limit: 5 });
  expect(limits).toEqual([6, 6, 6]);
});

test('rows that are not taken are not read: two pages a shard at the most', async () => {
  const cluster = someShards(3_000);
  const reading = scatter(cluster, { ...query, limit: 10_000, pageSize: 10 });
  for (let i = 0; i < 20; i += 1) await reading.next();
  await new Promise(setImmediate);
  // 20 of 3,000 rows were taken; each shard has given them all, or as good as, and one page more.
  expect(Math.max(...cluster.asked)).toBeLessThanOrEqual(4);
  const asked = [...cluster.asked];
  await reading.return();
  await new Promise(setImmediate);
  expect(cluster.asked).toEqual(asked);
  expect(await reading.next()).toEqual({ done: true, value: undefined });
});

/** Shard 1 fails from some question on. */
function down(cluster: MemoryShards, from = 1): void {
  cluster.beforeAnswer = (shard, asked) => {
    if (shard === 1 && asked >= from) throw new ShardUnavailableError(1, 'is down');
  };
}

describe('a shard that cannot be read', () => {
  test('fails the whole by default, with its name and cause', async () => {
    const cluster = someShards();
    down(cluster);
    const error = await all(cluster).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ScatterIncompleteError);
    expect(error).toMatchObject({
      retryable: true,
      missing: [{ shard: 1, error: { code: 'ROUTER_SHARD_UNAVAILABLE' } }],
    });
  });

  test('is passed over and named under `partial`', async () => {
    const cluster = someShards();
    const owned = cluster.rows.map((rows, shard) =>
      rows.filter(({ bucket }) => cluster.owners[bucket] === shard),
    );
    down(cluster);
    const page = await scatterPage(cluster, { ...query, limit: 10_000, onMissingShard: 'partial' });
    expect(page.missing).toMatchObject([{ shard: 1, error: { code: 'ROUTER_SHARD_UNAVAILABLE' } }]);
    expect(page.rows).toHaveLength(owned[0]!.length + owned[2]!.length);
  });

  test('that fails half-way keeps the order of the others, and is named then', async () => {
    const cluster = someShards();
    down(cluster, 2);
    const { rows, missing } = await scatterPage(cluster, {
      ...query,
      limit: 10_000,
      pageSize: 5,
      onMissingShard: 'partial',
    });
    const expected = cluster.expected();
    const places = rows.map((row) => expected.findIndex((other) => other['number'] === row['number']));
    expect(places).toEqual(places.toSorted((x, y) => x - y));
    expect(missing.map(({ shard }) => shard)).toEqual([1]);
  });

  test('is remembered by the cursor: later pages say that earlier ones lacked it', async () => {
    const cluster = someShards();
    down(cluster);
    const { nextCursor } = await scatterPage(cluster, { ...query, limit: 5, onMissingShard: 'partial' });
    cluster.beforeAnswer = () => undefined;
    const next = await scatterPage(cluster, { ...query, limit: 10_000, cursor: nextCursor! });
    expect(next.missing).toEqual([{ shard: 1, error: undefined }]);
  });

  test('is one that takes too long, and the others do not wait for it twice', async () => {
    const cluster = someShards();
    cluster.beforeAnswer = (shard) => (shard === 2 ? never() : undefined);
    const { missing, rows } = await scatterPage(cluster, {
      ...query,
      limit: 10_000,
      pageSize: 3,
      shardTimeoutMs: 50,
      onMissingShard: 'partial',
    });
    expect(missing).toMatchObject([{ shard: 2, error: { message: expect.stringContaining('50 ms') } }]);
    expect(rows.length).toBeGreaterThan(20);
    expect(cluster.asked[2]).toBe(1);
  });

  test('none of which can be read is an error under `partial` too', async () => {
    const cluster = someShards();
    cluster.beforeAnswer = (shard) => Promise.reject(new ShardUnavailableError(shard, 'is down'));
    await expect(all(cluster, { onMissingShard: 'partial' })).rejects.toMatchObject({
      missing: { length: 3 },
    });
  });

  test('is not one that refuses the query: that is thrown as it is', async () => {
    const cluster = someShards();
    cluster.beforeAnswer = () => Promise.reject(new ShardMismatchError('a transaction is open'));
    await expect(all(cluster, { onMissingShard: 'partial' })).rejects.toThrow(ShardMismatchError);
  });
});

describe('stopping', () => {
  test('return() ends a read that waits, and leaves nothing that would go on', async () => {
    const cluster = someShards();
    cluster.beforeAnswer = never;
    const reading = scatter(cluster, { ...query, limit: 10, concurrency: 1 });
    const waiting = reading.next();
    expect(await reading.return()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    // The second and the third shard were waiting their turn, and are never asked.
    expect(cluster.asked).toEqual([1, 0, 0]);
  });

  test('leaving the loop does the same', async () => {
    const cluster = someShards(3_000);
    for await (const row of scatter(cluster, { ...query, limit: 10_000, pageSize: 5 })) {
      expect(row).toHaveProperty('number');
      break;
    }
    const asked = [...cluster.asked];
    await new Promise(setImmediate);
    expect(cluster.asked).toEqual(asked);
  });

  test('a signal stops it with its reason, in a read and between rows', async () => {
    const cluster = someShards();
    const reason = new Error('the caller left');
    const controller = new AbortController();
    const between = scatter(cluster, { ...query, limit: 100, signal: controller.signal });
    await between.next();
    cluster.beforeAnswer = never;
    const waiting = scatter(cluster, { ...query, limit: 100, signal: controller.signal }).next();
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(between.next()).rejects.toBe(reason);
    await expect(all(cluster, { signal: controller.signal })).rejects.toBe(reason);
  });
});

test('a bucket that stays frozen is an error in the end, not a page without it', async () => {
  const cluster = someShards();
  cluster.owners[3] = undefined;
  await expect(all(cluster, { shardTimeoutMs: 30 })).rejects.toThrow(ScatterCoverError);
});

test('rows in an order that the columns would not have are refused', async () => {
  const cluster = someShards();
  const query_ = cluster.query;
  const port = {
    shards: () => cluster.shards(),
    query: async (...args: Parameters<typeof query_>) => (await query_(...args)).toReversed(),
  };
  await expect(scatter(port, { ...query, limit: 100 }).next()).rejects.toThrow(ScatterOrderError);
});

test('a key that two shards share is refused, not dropped', async () => {
  const cluster = new MemoryShards(2);
  cluster.add({ a: 1n, b: 'b', number: 7n, bucket: 0 });
  cluster.add({ a: 1n, b: 'b', number: 7n, bucket: 1 });
  await expect(all(cluster)).rejects.toThrow('not unique over shards');
});

describe('a cursor', () => {
  test('of another query, or damaged, is refused at once', async () => {
    const cluster = someShards();
    const { nextCursor } = await scatterPage(cluster, { ...query, limit: 5 });
    const other = { ...query, where: [{ column: 'a', is: '=', value: 3n }] } as const;
    expect(() => scatter(cluster, { ...other, limit: 5, cursor: nextCursor! })).toThrow(ScatterCursorError);
    const mangled = JSON.parse(Buffer.from(nextCursor!, 'base64url').toString()) as unknown[];
    const forged = [
      'x',
      '',
      '{}',
      '[]',
      '[1]',
      'null',
      7 as unknown as string,
      'A'.repeat(20_000),
      ...[
        [1, mangled[1], ['1', 'b'], []],
        [1, mangled[1], ['x', 'b', '1'], []],
        [1, mangled[1], [1, 'b', 1], []],
        [1, mangled[1], ['1', 'b', '1'], ['x']],
        [2, ...mangled.slice(1)],
      ].map((content) => Buffer.from(JSON.stringify(content)).toString('base64url')),
    ];
    for (const cursor of forged) {
      expect(() => scatter(cluster, { ...query, limit: 5, cursor })).toThrow(ScatterCursorError);
    }
  });

  test('is there from the first row on, and goes on after it', async () => {
    const cluster = someShards();
    const reading = scatter(cluster, { ...query, limit: 5 });
    expect(reading.cursor).toBeUndefined();
    await reading.next();
    expect(await all(cluster, { cursor: reading.cursor! })).toEqual(cluster.expected().slice(1));
    await reading.return();
  });
});

test.each<[string, Partial<ScatterOptions>]>([
  ['no limit', { limit: undefined as unknown as number }],
  ['a limit of none', { limit: 0 }],
  ['a limit beyond all', { limit: 100_001 }],
  ['half a row a page', { limit: 5, pageSize: 0.5 }],
  ['no concurrency', { limit: 5, concurrency: 0 }],
  ['an unknown policy', { limit: 5, onMissingShard: 'ignore' as 'fail' }],
])('%s is refused', (_, options) => {
  expect(() => scatter(someShards(), { ...query, ...options } as ScatterOptions)).toThrow(ScatterQueryError);
});

test('a cluster without shards is refused', () => {
  const none = { shards: () => [], query: never };
  expect(() => scatter(none, { ...query, limit: 5 })).toThrow(ScatterQueryError);
});
