import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  guard,
  InvalidUnitError,
  InvalidValueError,
  type ShardRouter,
  sql,
  type Unit,
  UnitConditionError,
  type UnitOf,
  withShardSessions,
  type WriteOutcome,
} from '../index.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';

let cluster: TestCluster;
let router: ShardRouter;
let number: bigint;

beforeAll(async () => {
  cluster = await testCluster('inside');
  router = await cluster.router();
  await withShardSessions(cluster.shards, async (session) => {
    await session.execute('CREATE TABLE parents (id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(32))');
    await session.execute('CREATE TABLE children (parent BIGINT, name VARCHAR(32))');
  });
});

afterAll(() => cluster.end());

beforeEach(async () => {
  number = router.drawNumber(0);
  await withShardSessions(cluster.shards, (session) => session.execute('DELETE FROM notes'));
});

type Write = (unit: UnitOf<Record<string, unknown>>) => Promise<WriteOutcome>;
const OUTSIDE: Write = (unit) => router.write({ number }, unit);
const INSIDE: Write = (unit) => router.transaction({ number }, () => router.write({ number }, unit));

async function bodies(): Promise<readonly string[]> {
  const rows = await withShardSessions(cluster.shards, (session) =>
    session.query<{ body: string }>('SELECT body FROM notes ORDER BY body'),
  );
  return rows.flat().map(({ body }) => body);
}

const insert =
  (body: string, at = number): UnitOf<Record<string, unknown>> =>
  ({ bucket }) => ({
    statements: [sql`INSERT INTO notes (number, bucket, body) VALUES (${at}, ${bucket}, ${body})`],
    already: sql`SELECT body FROM notes WHERE number = ${at}`,
  });

const unitOf = (statements: Unit['statements']) => () => ({ statements });

test.each([
  ['outside of a transaction', OUTSIDE],
  ['inside a transaction', INSIDE],
])('%s a unit has the same rules', async (_, write) => {
  expect(await write(insert('first'))).toEqual({ applied: true, shard: 0, affectedRows: [1] });
  expect(await write(insert('second'))).toEqual({ applied: false, shard: 0, row: { body: 'first' } });

  for (const text of [
    'INSERT IGNORE INTO notes (number, bucket, body) VALUES (1, 1, 1)',
    'REPLACE INTO notes (number) VALUES (1)',
  ])
    await expect(write(unitOf([{ sql: text, values: [] }]))).rejects.toThrow(InvalidUnitError);
  const surrogate = sql`UPDATE notes SET body = ${'\ud800'} WHERE number = ${number}`;
  await expect(write(unitOf([surrogate]))).rejects.toThrow(InvalidValueError);

  await write(unitOf([sql`UPDATE notes SET body = 'a ? :b' WHERE number = ${number} -- c`]));
  expect(await bodies()).toEqual(['a ? :b']);

  const unmet = guard(sql`UPDATE notes SET body = 'x' WHERE number = ${number} AND body = 'other'`);
  await expect(write(unitOf([unmet]))).rejects.toThrow(UnitConditionError);
  expect(
    await write(() => ({
      ...insert('')({ bucket: 0, keyBucket: undefined, keyGeneration: 0 }),
      statements: [unmet],
    })),
  ).toMatchObject({
    applied: false,
  });
});

test.each([
  ['outside of a transaction', OUTSIDE],
  ['inside a transaction', INSIDE],
])('%s a guard changes one row at the most', async (_, write) => {
  const other = number + 1n;
  await withShardSessions([cluster.shards[0]!], async (session) => {
    for (const at of [number, other])
      await session.execute('INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)', [
        at,
        router.bucketOf(number),
        'twin',
      ]);
  });
  const outcome = await write(
    unitOf([guard(sql`UPDATE notes SET body = 'changed' WHERE body = 'twin' ORDER BY number`)]),
  );
  expect(outcome).toMatchObject({ applied: true, affectedRows: [1] });
  expect(await bodies()).toEqual(['changed', 'twin']);
});

test('inside a transaction LAST_INSERT_ID() is the id of the unit, and 0 before it has made one', async () => {
  await INSIDE(
    unitOf([
      sql`INSERT INTO children (parent, name) VALUES (LAST_INSERT_ID(), 'orphan')`,
      sql`INSERT INTO parents (name) VALUES ('ann')`,
      sql`INSERT INTO children (parent, name) VALUES (LAST_INSERT_ID(), 'ann')`,
    ]),
  );
  const [rows] = await withShardSessions([cluster.shards[0]!], (session) =>
    session.query(
      'SELECT children.name, parents.name AS parent FROM children LEFT JOIN parents ON id = parent ORDER BY 1',
    ),
  );
  expect(rows).toEqual([
    { name: 'ann', parent: 'ann' },
    { name: 'orphan', parent: null },
  ]);
});
