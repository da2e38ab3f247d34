import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createConnection, type ResultSetHeader } from 'mysql2';
import { InvalidUnitError, guard, type ShardRouter, sql, withShardSessions } from '../index.ts';
import type { SqlValue } from '../pools/values.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';
import { isCommitted } from './committed.ts';
import { queryText } from './query-text.ts';

let cluster: TestCluster;
let router: ShardRouter;

beforeAll(async () => {
  cluster = await testCluster('separation');
  router = await cluster.router();
});

afterAll(() => cluster.end());

const insert = (number: bigint, body: string) =>
  router.write({ number, fresh: true }, ({ bucket }) => ({
    statements: [sql`INSERT INTO notes (number, bucket, body) VALUES (${number}, ${bucket}, ${body})`],
  }));

/** The committed bodies of some numbers on shard 0, seen by another session. */
async function bodies(...numbers: bigint[]): Promise<readonly (string | undefined)[]> {
  const [rows] = await withShardSessions([cluster.shards[0]!], (session) =>
    session.query<{ number: string; body: string }>('SELECT number, body FROM notes'),
  );
  const found = new Map(rows!.map(({ number, body }) => [number, body]));
  return numbers.map((number) => found.get(String(number)));
}

describe('a comment in a unit', () => {
  test.each(['-- by primary key', '# by primary key', '/* by primary key */', '--'])(
    'reaches nothing behind it: %s',
    async (comment) => {
      const [changed, other, second] = [0, 0, 0].map(() => router.drawNumber(0)) as [bigint, bigint, bigint];
      await insert(changed, 'old');
      const outcomes = await Promise.all([
        router.write({ number: changed }, ({ bucket }) => ({
          statements: [
            { sql: `UPDATE notes SET body = ? WHERE number = ? ${comment}`, values: ['new', changed] },
            sql`INSERT INTO notes (number, bucket, body) VALUES (${second}, ${bucket}, ${'hello\n; DELETE FROM notes; COMMIT; -- '})`,
          ],
        })),
        insert(other, 'precious'),
      ]);
      expect(outcomes).toMatchObject([{ affectedRows: [1, 1] }, { affectedRows: [1] }]);
      expect(await bodies(changed, other, second)).toEqual([
        'new',
        'precious',
        'hello\n; DELETE FROM notes; COMMIT; -- ',
      ]);
    },
  );

  test('ends before VALUES, and does not take the LIMIT of a guard', async () => {
    const [one, other] = [router.drawNumber(0), router.drawNumber(0)];
    await router.write({ number: one, fresh: true }, ({ bucket }) => ({
      statements: [
        sql`INSERT INTO notes (number, bucket, body) -- the bucket is the number's
            VALUES (${one}, ${bucket}, ${'hello\nSELECT 1; COMMIT; -- '})`,
      ],
    }));
    await insert(other, 'twin');
    await router.write({ number: one }, () => ({
      statements: [sql`UPDATE notes SET body = 'twin' WHERE number = ${one} -- now there are two`],
    }));
    await router.write({ number: one }, () => ({
      statements: [guard(sql`UPDATE notes SET body = 'changed' WHERE body = 'twin' ORDER BY number -- both`)],
    }));
    expect(await bodies(one, other)).toEqual(['changed', 'twin']);
  });

  test('in a fenced read is no part of what stands behind it', async () => {
    const number = router.drawNumber(0);
    await insert(number, 'read');
    const query = sql<{ body: string }>`SELECT body FROM notes WHERE number = ${number} -- the row`;
    expect(await router.readRows(number, query)).toEqual([{ body: 'read' }]);
  });
});

describe('LAST_INSERT_ID() in a unit', () => {
  beforeAll(() =>
    withShardSessions(cluster.shards, async (session) => {
      await session.execute('CREATE TABLE parents (id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(32))');
      await session.execute('CREATE TABLE children (parent BIGINT, name VARCHAR(32))');
    }),
  );

  test('is the id of its own row, whoever writes at the same time', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `n${i}`);
    await Promise.all(
      names.map((name) =>
        router.write({ number: router.drawNumber(0), fresh: true }, () => ({
          statements: [
            sql`INSERT INTO parents (name) VALUES (${name})`,
            sql`INSERT INTO children (parent, name) VALUES (LAST_INSERT_ID(), ${name})`,
          ],
        })),
      ),
    );
    const [rows] = await withShardSessions([cluster.shards[0]!], (session) =>
      session.query<{ child: string }>(
        'SELECT children.name AS child FROM children JOIN parents ON parents.id = parent AND parents.name = children.name',
      ),
    );
    expect(new Set(rows!.map(({ child }) => child))).toEqual(new Set(names));
  });

  test('is none where the unit has made none, whatever the session did before', async () => {
    await router.write({ number: router.drawNumber(0), fresh: true }, () => ({
      statements: [sql`INSERT INTO children (parent, name) VALUES (LAST_INSERT_ID(), 'orphan')`],
    }));
    const [rows] = await withShardSessions([cluster.shards[0]!], (session) =>
      session.query<{ parent: string }>("SELECT parent FROM children WHERE name = 'orphan'"),
    );
    expect(rows).toEqual([{ parent: '0' }]);
  });
});

describe('rows behind a guard', () => {
  beforeAll(() =>
    withShardSessions(cluster.shards, async (session) => {
      await session.execute(
        'CREATE TABLE typed (id INT PRIMARY KEY, deci DECIMAL(40,10), bits BIT(8), big BIGINT, txt VARCHAR(64), js JSON, bin VARBINARY(64), day DATE)',
      );
    }),
  );

  test.each<[string, SqlValue, SqlValue]>([
    ['deci', 9_007_199_254_740_993n, 1e-7],
    ['deci', '123456789012345678901234567890.123', 0.5],
    ['bits', Buffer.from([5]), 5],
    ['big', 9_223_372_036_854_775_807n, 1e3],
    ['txt', 1, 0.1],
    ['txt', true, 'x'],
    ['txt', 'é', Buffer.from('é')],
    ['js', '{"a":1}', '[1]'],
    ['bin', 'é', Buffer.from([255])],
    ['day', '2026-01-02', new Date('2026-01-02T10:00:00Z')],
  ])('keep their values as in a plain INSERT: %s', async (column, one, other) => {
    const number = router.drawNumber(0);
    await insert(number, 'a');
    const rows = {
      sql: `INSERT INTO typed (id, ${column}) VALUES (?, ?), (?, ?)`,
      values: [1, one, 2, other],
    };
    const written: unknown[] = [];
    for (const statements of [
      [rows],
      [guard(sql`UPDATE notes SET body = 'b' WHERE number = ${number}`), rows],
    ] as const) {
      const outcome = await router.write({ number }, () => ({ statements: statements as never }));
      expect(outcome).toMatchObject({ affectedRows: statements.length === 1 ? [2] : [1, 2] });
      const [found] = await withShardSessions([cluster.shards[0]!], async (session) => {
        const all = await session.query(
          `SELECT id, HEX(${column}), ${column} + 0, ${column} FROM typed ORDER BY id`,
        );
        await session.execute('DELETE FROM typed');
        return all;
      });
      written.push(found);
    }
    expect(written[1]).toEqual(written[0]);
  });
});

/** Pieces of which texts are made by chance, with those that might end a statement, open a quote, or hide something. */
const PIECES = [
  'SELECT 1', 'SELECT', '1', ' ', '\n', ' -- ', '--', '# ', '/*', '*/', '/*!', '/*!50000 ', '/*M!', '/*+ ', "'", '"', '`',
  '\\', ';', 'COMMIT', '?', ',', '(', ')', '$$', '$a$', "''", '\\\\', "N'", "x'", '@', '@@', '\u00a0', '\u0000', 'é', '/', '*',
  '-', '!', 'UNION SELECT 2', 'AS a', "'a;b'", '"c -- d"', '`e/*`', '1e5', '.', '0x', ':=', 'INTO', 'DELETE FROM notes',
]; // prettier-ignore

test('what is taken as one query is one for the server, whatever its text is', async () => {
  const url = new URL(cluster.shards[0]!.writer as string);
  const connection = createConnection({ uri: url.href, multipleStatements: true, charset: 'utf8mb4_bin' });
  const answer = (text: string) =>
    new Promise<unknown>((resolve) => {
      connection.query(text, (error, results) => resolve(error ?? results));
    });
  let random = 20_261;
  const below = (limit: number) => {
    random = (random * 48_271) % 2_147_483_647;
    return random % limit;
  };
  let accepted = 0;
  let answered = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const text = `SELECT 1${Array.from({ length: 1 + below(8) }, () => PIECES[below(PIECES.length)]).join('')}`;
    let query: string;
    try {
      query = queryText({ sql: text, values: Array.from(text.matchAll(/\?/g), () => "x'\n; -- ") });
    } catch {
      continue;
    }
    accepted += 1;
    const results = await answer(`${query}\n;SELECT 'sentinel' AS sentinel`);
    if (results instanceof Error) {
      // It is the query's own fault, not that of what it has made of the sentinel.
      expect({ query, alone: await answer(query) }).toEqual({ query, alone: expect.any(Error) });
      continue;
    }
    answered += 1;
    expect({ text, results }).toEqual({ text, results: [expect.any(Array), [{ sentinel: 'sentinel' }]] });
  }
  connection.destroy();
  expect(accepted).toBeGreaterThan(500);
  expect(answered).toBeGreaterThan(200);
});

test.each<[boolean, string, string]>([
  [true, 'a transaction', 'START TRANSACTION; DELETE FROM notes WHERE number = 0; COMMIT'],
  [false, 'no transaction', 'DO 0; DELETE FROM notes WHERE number = 0; COMMIT'],
  [
    false,
    'a statement that commits by itself',
    'START TRANSACTION; CREATE TABLE IF NOT EXISTS extra (a INT); COMMIT',
  ],
  [
    false,
    'a COMMIT that is a comment',
    'START TRANSACTION; DELETE FROM notes WHERE number = 0; DO 0 -- ; COMMIT',
  ],
  [false, 'a COMMIT that begins another', 'START TRANSACTION; DO 0; COMMIT AND CHAIN'],
  [false, 'an answer too few', 'START TRANSACTION; COMMIT'],
  [false, 'an answer too many', 'START TRANSACTION; DO 0; DO 0; COMMIT'],
  [false, 'a query', 'START TRANSACTION; SELECT 1; COMMIT'],
])(
  'it is %s that the answers show one committed transaction of three statements: %s',
  async (shown, _, text) => {
    const connection = createConnection({
      uri: cluster.shards[0]!.writer as string,
      multipleStatements: true,
    });
    const results = await new Promise((resolve, reject) => {
      connection.query(text, (error, answers) => (error === null ? resolve(answers) : reject(error)));
    });
    connection.destroy();
    expect(isCommitted(results as ResultSetHeader[], 3)).toBe(shown);
  },
);

test('a unit with a statement that is two is refused', async () => {
  const number = router.drawNumber(0);
  await expect(
    router.write({ number }, () => ({ statements: [{ sql: 'DELETE FROM notes; COMMIT', values: [] }] })),
  ).rejects.toThrow(InvalidUnitError);
});
