import { describe, expect, test } from '@jest/globals';
import { knex } from 'knex';
import { DummyDriver, Kysely, MysqlAdapter, MysqlIntrospector, MysqlQueryCompiler } from 'kysely';
import { InvalidUnitError, InvalidValueError } from '../errors.ts';
import { encodeNumber } from '../ids/snowflake.ts';
import { mergedText, type TargetedUnit } from './merged-text.ts';
import { guard, sql, type StatementLike } from './statement.ts';
import { type Unit, unitText } from './unit.ts';

const unit = (number: bigint, statements: Unit['statements']): TargetedUnit => ({
  target: { number },
  scope: { bucket: Number(number % 10n), keyBucket: undefined, keyGeneration: 0 },
  text: unitText({ statements }),
});

/** The statements of a merged text, without those that open and commit. */
function statementsOf(units: readonly TargetedUnit[]): string[] {
  return mergedText(units)
    .sql.split(';')
    .slice(1, -2)
    .map((text) => text.trimEnd());
}

/** That the statement before changed one row; an error where the server has no count of them. */
const COUNTED = `${2n ** 64n - 1n} - ROW_COUNT() = ${2n ** 64n - 2n}`;

describe('a merged text', () => {
  test('joins rows that go into the same table, and leaves each unit its order', () => {
    const a = (n: number) => sql`INSERT INTO a (x) VALUES (${n})`;
    const b = (n: number) => sql`INSERT INTO b (x) VALUES (${n})`;
    expect(statementsOf([unit(1n, [a(1), b(1)]), unit(2n, [a(2), b(2)]), unit(3n, [b(3), a(3)])])).toEqual([
      'INSERT INTO a (x) VALUES (1),(2)',
      'INSERT INTO b (x) VALUES (1),(2),(3)',
      'INSERT INTO a (x) VALUES (3)',
    ]);
  });

  test('opens with all fences, and the time in which all numbers are of now', () => {
    const time = Date.UTC(2026, 5, 1);
    const numbers = [0, 1_000].map((ms) => encodeNumber({ timeMs: time + ms, worker: 1, sequence: 2 }));
    const units = numbers.map((number, i): TargetedUnit => ({
      target: { number, key: `k${i}`, fresh: true },
      scope: { bucket: 5 + i, keyBucket: 9, keyGeneration: 3 },
      text: unitText({ statements: [sql`DELETE FROM t`] }),
    }));
    expect(mergedText(units).sql.split(';')[0]).toBe(
      `CALL ordershard_open_merged(',5:${numbers[0]},6:${numbers[1]},','9','[[9,3,${numbers[0]}],[9,3,${numbers[1]}]]',${time + 1_000 - 5_000},${time + 300_000})`,
    );
  });

  test('matches results to units', () => {
    const insert = sql`INSERT INTO a (x) VALUES (1), (2)`;
    const units = [
      unit(1n, [insert, sql`UPDATE t SET a = 1`]),
      unit(2n, [guard(sql`UPDATE t SET a = 2`), insert]),
      unit(3n, [insert]),
    ];
    const { sql: text, rowsOf } = mergedText(units);
    const counts = text.split(';').map((_, index) => ({ affectedRows: 100 + index }));
    expect(rowsOf(counts)).toEqual([[2, 102], [103, 104 + 105], [2]]);
  });

  test('makes what follows a guard depend on it, statement by statement', () => {
    const units = [
      unit(1n, [
        guard(sql`UPDATE t SET a = ${1} WHERE n = ${2}`),
        sql`INSERT INTO b (x, y) VALUES (${"it's"}, UTC_DATE()), (2, NULL)`,
        sql`INSERT INTO c (x) VALUES (${3})`,
      ]),
    ];
    expect(statementsOf(units)).toEqual([
      'UPDATE t SET a = 1 WHERE n = 2 LIMIT 1',
      `INSERT INTO b (x, y) SELECT 'it''s', UTC_DATE() FROM DUAL WHERE ${COUNTED}`,
      `INSERT INTO b (x, y) SELECT 2, NULL FROM DUAL WHERE ${COUNTED}`,
      `INSERT INTO c (x) SELECT 3 FROM DUAL WHERE ${COUNTED}`,
    ]);
  });
});

describe('a merged text of several units', () => {
  const joined = sql`INSERT INTO a (x) VALUES (1)`;
  const units = [
    unit(1n, [joined, sql`UPDATE t SET a = 1`]),
    unit(2n, [guard(sql`UPDATE t SET a = 2`), sql`INSERT INTO b (x) VALUES (1), (2)`]),
    unit(3n, [joined]),
  ];

  test('tells which units a statement is of', () => {
    const { sql: text, statements, ownersOf } = mergedText(units);
    const unitsOf = (at: number) => ownersOf(at).map((owner) => owner.unit);
    expect(statements).toBe(text.split(';').length);
    expect(Array.from({ length: statements }, (_, at) => unitsOf(at))).toEqual([
      [],
      [0, 2],
      [0],
      [1],
      [1],
      [1],
      [],
      [],
    ]);
  });

  test('can leave each statement to one unit', () => {
    const { statements, ownersOf, rowsOf } = mergedText(units, false);
    const unitsOf = (at: number) => ownersOf(at).map((owner) => owner.unit);
    expect(Array.from({ length: statements }, (_, at) => unitsOf(at))).toEqual([
      [],
      [0],
      [0],
      [1],
      [1],
      [1],
      [2],
      [],
      [],
    ]);
    const counts = Array.from({ length: statements }, (_, index) => ({ affectedRows: 10 ** index }));
    expect(rowsOf(counts)).toEqual([[10, 100], [1_000, 110_000], [1_000_000]]);
  });

  test('begins with no id of the session before, where a unit asks for the last one', () => {
    const last = [unit(1n, [joined, sql`INSERT INTO b (x) VALUES (LAST_INSERT_ID())`])];
    expect(statementsOf(last)).toEqual([
      'SET last_insert_id = 0',
      'INSERT INTO a (x) VALUES (1)',
      'INSERT INTO b (x) VALUES (LAST_INSERT_ID())',
    ]);
    expect(last[0]!.text.alone).toBe(true);
  });
});

describe('a unit', () => {
  const like = sql`INSERT INTO a (x) VALUES (1)`;

  test('takes queries of knex and Kysely', () => {
    const builder = knex({ client: 'mysql2' });
    const kysely = new Kysely<{ a: { x: number; y: string } }>({
      dialect: {
        createAdapter: () => new MysqlAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (db) => new MysqlIntrospector(db),
        createQueryCompiler: () => new MysqlQueryCompiler(),
      },
    });
    const units = [
      unit(1n, [builder('a').insert([{ x: 1, y: "it's" }])]),
      unit(2n, [kysely.insertInto('a').values([{ x: 2, y: '?' }])]),
      unit(3n, [kysely.deleteFrom('a').where('x', '=', 3)]),
    ];
    expect(statementsOf(units)).toEqual([
      "insert into `a` (`x`, `y`) values (1, 'it''s'),(2, '?')".replace(' values ', ' VALUES '),
      'delete from `a` where `x` = 3',
    ]);
  });

  test.each<[string, readonly unknown[]]>([
    ['no statement', []],
    ['a SELECT', [sql`SELECT 1`]],
    ['a guard that does not stand first', [like, guard(sql`UPDATE t SET a = 1`)]],
    ['two guards', [guard(sql`UPDATE t SET a = 1`), guard(sql`UPDATE t SET a = 2`)]],
    ['a guard that inserts', [guard(like)]],
    ['an UPDATE behind a guard', [guard(sql`UPDATE t SET a = 1`), sql`UPDATE u SET a = 1`]],
    ['something else', [{ text: 'INSERT' }]],
    ['nothing', [null]],
    ['a query behind a WITH', [sql`WITH x AS (SELECT 1) SELECT * FROM x`]],
    ['a guard that limits itself', [guard(sql`UPDATE t SET a = 1 LIMIT 1`)]],
    ['a guard in an INSERT', [guard(sql`INSERT INTO a (x) VALUES (1)`)]],
    [
      'DEFAULT in a row behind a guard',
      [guard(sql`UPDATE t SET a = 1`), sql`INSERT INTO a (x) VALUES (DEFAULT)`],
    ],
    ['a guard with LAST_INSERT_ID()', [guard(sql`UPDATE t SET a = LAST_INSERT_ID()`)]],
    ['a variable of the session', [sql`UPDATE t SET a = @a`]],
    ['a variable that is set', [sql`UPDATE t SET a = (@a := 1)`]],
    ['a lock of the session', [sql`INSERT INTO a (x) VALUES (GET_LOCK('a', 1))`]],
    ['the rows of the query before', [sql`INSERT INTO a (x) VALUES (FOUND_ROWS ())`]],
    ['a sequence of the session', [sql`INSERT INTO a (x) VALUES (PREVIOUS VALUE FOR s)`]],
    ['what waits by itself', [sql`UPDATE t SET a = SLEEP(1)`]],
    ['what waits by itself, by a quoted name', [{ sql: 'UPDATE t SET a = `sleep`(1)', values: [] }]],
  ])('refuses %s', (_, statements) => {
    expect(() => unitText({ statements: statements as never })).toThrow(InvalidUnitError);
  });

  test.each<[string, StatementLike]>([
    ['too few values', { sql: 'INSERT INTO a (x, y) VALUES (?, ?)', values: [1] }],
    ['too many values', { sql: 'INSERT INTO a (x) VALUES (?)', values: [1, 2] }],
    ['a value that has no literal', { sql: 'INSERT INTO a (x) VALUES (?)', values: [{} as never] }],
  ])('refuses %s', (_, statement) => {
    expect(() => unitText({ statements: [statement] })).toThrow(InvalidValueError);
  });

  test.each<[string, StatementLike]>([
    ['is no SELECT', sql`DELETE FROM a`],
    ['writes behind a WITH', sql`WITH x AS (SELECT 1) DELETE FROM a`],
    ['is two', sql`SELECT 1; SELECT 2`],
    ['asks for the last id', sql`SELECT LAST_INSERT_ID()`],
    ['leaves a value in the session', sql`SELECT 1 INTO @a`],
    ['leaves a file', sql`SELECT 1 INTO OUTFILE 'a'`],
    ['takes a lock of the session', sql`SELECT GET_LOCK('a', 1)`],
    ['waits by itself', sql`SELECT SLEEP(1)`],
  ])('refuses an `already` that %s', (_, already) => {
    expect(() => unitText({ statements: [like], already })).toThrow(InvalidUnitError);
  });

  test('takes an `already` with a WITH, and in parentheses', () => {
    const already = (text: string) =>
      unitText({ statements: [like], already: { sql: text, values: [] } }).already;
    expect(already('WITH x AS (SELECT 1) SELECT * FROM x -- all')).toBe(
      'WITH x AS (SELECT 1) SELECT * FROM x',
    );
    expect(already('(SELECT 1)')).toBe('(SELECT 1)');
  });

  test('takes names of functions where they are names', () => {
    expect(
      unitText({
        statements: [sql`INSERT INTO sleep (last_insert_id, sleep) VALUES (1, LEFT('sleep(1)', 5))`],
      }).alone,
    ).toBe(false);
  });
});
