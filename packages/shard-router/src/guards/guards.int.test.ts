import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type GuardedTable, guardStatements, migrateShards, ROUTER_MIGRATIONS, sql } from '../index.ts';
import { TopologyError } from '../errors.ts';
import type { ShardRouter } from '../router.ts';
import { TEST_MIGRATIONS, type TestCluster, testCluster } from '../router.fixture.ts';

const TABLES: readonly GuardedTable[] = [
  { table: 'parcels', number: 'number' },
  { table: 'letters', bucket: 'part', number: 'parcel' },
  { table: 'promises', by: 'key' },
  { table: 'drafts', text: 'draft' },
];

let cluster: TestCluster;
let router: ShardRouter;
/** A number of the scope, and another one of the same shard. */
let number: bigint;
let other: bigint;

const migrate = (tables = TABLES) =>
  migrateShards(cluster.shards, [ROUTER_MIGRATIONS, TEST_MIGRATIONS], { tables });

beforeAll(async () => {
  cluster = await testCluster('guards');
  const first = await cluster.router({ numbers: false });
  for (const shard of [0, 1])
    await first.onShard(shard, async (session) => {
      await session.execute(
        'CREATE TABLE parcels (number BIGINT PRIMARY KEY, bucket SMALLINT UNSIGNED NOT NULL, body TEXT)',
      );
      await session.execute(
        'CREATE TABLE letters (parcel VARCHAR(20) PRIMARY KEY, part SMALLINT UNSIGNED NOT NULL)',
      );
      await session.execute(
        'CREATE TABLE drafts (draft VARCHAR(64) PRIMARY KEY, bucket SMALLINT UNSIGNED NOT NULL)',
      );
      await session.execute(
        'CREATE TABLE promises (promise VARCHAR(64) PRIMARY KEY, bucket SMALLINT UNSIGNED NOT NULL)',
      );
    });
  await migrate();
  router = await cluster.router({ tables: TABLES });
});

beforeEach(() => {
  number = router.drawNumber(0);
  other = router.drawNumber(0);
});

afterAll(() => cluster.end());

const INSERT = 'INSERT INTO parcels (number, bucket, body) VALUES (?, ?, ?)';

/** What a guard refuses with. */
const GUARD = 1644;

/** What the server has refused with; undefined when it has not. */
const errnoOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    ({ errno, cause }: { errno?: number; cause?: { errno?: number } }) => errno ?? cause?.errno,
  );

const parcels = (of: bigint) =>
  router.onShard(0, (session) =>
    session.query<{ body: string }>('SELECT body FROM parcels WHERE number = ?', [of]),
  );

describe('a row of another number that carries the bucket of the scope is refused', () => {
  test('in a transaction', async () => {
    const wrong = router.transaction({ number }, (tx) => tx.execute(INSERT, [other, tx.bucket, 'wrong']));
    expect(await errnoOf(wrong)).toBe(GUARD);
    expect(await parcels(other)).toEqual([]);
  });

  test('in a merged write, and only that', async () => {
    const write = (of: bigint, row: bigint) =>
      router.write({ number: of }, ({ bucket }) => ({
        statements: [sql`INSERT INTO parcels (number, bucket, body) VALUES (${row}, ${bucket}, ${'a'})`],
      }));
    const third = router.drawNumber(0);
    const [wrong, right] = [write(number, other), write(third, third)];
    expect(await errnoOf(wrong)).toBe(GUARD);
    await right;
    expect([await parcels(other), await parcels(third)]).toEqual([[], [{ body: 'a' }]]);
  });

  test('when a row is given another number, or is deleted, or changed', async () => {
    for (const each of [number, other])
      await router.transaction({ number: each }, (tx) => tx.execute(INSERT, [each, tx.bucket, 'right']));
    const attempts = [
      sql`UPDATE parcels SET number = ${router.drawNumber(0)} WHERE number = ${number}`,
      sql`UPDATE parcels SET body = 'theirs' WHERE number = ${other}`,
      sql`DELETE FROM parcels WHERE number = ${other}`,
    ];
    for (const { sql: text, values } of attempts) {
      const wrong = router.transaction({ number }, (tx) => tx.execute(text, values));
      expect(await errnoOf(wrong)).toBe(GUARD);
    }
    expect([await parcels(number), await parcels(other)]).toEqual([[{ body: 'right' }], [{ body: 'right' }]]);
  });

  test('where a number is kept as text, and under other names', async () => {
    const insert = 'INSERT INTO letters (part, parcel) VALUES (?, ?)';
    await router.transaction({ number }, (tx) => tx.execute(insert, [tx.bucket, String(number)]));
    const wrong = router.transaction({ number }, (tx) => tx.execute(insert, [tx.bucket, String(other)]));
    expect(await errnoOf(wrong)).toBe(GUARD);
  });
});

test('a row of another text key that carries the bucket of the scope is refused', async () => {
  const insert = 'INSERT INTO drafts (draft, bucket) VALUES (?, ?)';
  await router.transaction({ text: 'größe' }, (tx) => tx.execute(insert, ['größe', tx.bucket]));
  const wrong = router.transaction({ text: 'größe' }, (tx) => tx.execute(insert, ['grösse', tx.bucket]));
  expect(await errnoOf(wrong)).toBe(GUARD);
});

test('a row of a key is refused with another bucket than the key has', async () => {
  const insert = 'INSERT INTO promises (promise, bucket) VALUES (?, ?)';
  let key = 0;
  while (router.shardOf({ key: `key ${key}` }) !== 0) key += 1;
  const target = { key: `key ${key}` };
  await router.transaction(target, (tx) => tx.execute(insert, ['a', tx.bucket]));
  const wrong = router.transaction(target, (tx) => tx.execute(insert, ['b', tx.bucket ^ 1]));
  expect(await errnoOf(wrong)).toBe(GUARD);
});

test('guards that are as they should be stay as they are', async () => {
  expect(await migrate()).toEqual([
    { shard: 0, applied: [], guards: [] },
    { shard: 1, applied: [], guards: [] },
  ]);
});

describe('a router is not started on a shard', () => {
  const onShard = (text: string) => router.onShard(1, (session) => session.execute(text));

  test.each([
    ['that lacks a guard', undefined],
    [
      'whose guard is another one',
      'CREATE TRIGGER parcels_guard_update BEFORE UPDATE ON parcels FOR EACH ROW BEGIN END',
    ],
    [
      'whose guard comes too late',
      `CREATE TRIGGER parcels_guard_update AFTER UPDATE ON parcels FOR EACH ROW BEGIN END`,
    ],
  ])('%s', async (_, planted) => {
    await onShard('DROP TRIGGER parcels_guard_update');
    if (planted !== undefined) await onShard(planted);
    await expect(cluster.router({ tables: TABLES })).rejects.toMatchObject({
      code: 'ROUTER_UNGUARDED_TABLE',
      shard: 1,
      table: 'parcels',
    });
    const reports = await migrate();
    expect(reports.map(({ guards }) => guards)).toEqual([[], ['parcels_guard_update']]);
    await (await cluster.router({ tables: TABLES, numbers: false })).close();
  });
});

test.each([
  ['a name that cannot be quoted', { table: 'a`b', number: 'number' }],
  ['neither number nor key', { table: 'parcels' } as never],
  ['a name too long for its triggers', { table: 'a'.repeat(51), number: 'number' }],
])('a table with %s is refused', async (_, table: GuardedTable) => {
  expect(() => guardStatements([table])).toThrow(TopologyError);
  await expect(migrate([table])).rejects.toThrow(TopologyError);
});
