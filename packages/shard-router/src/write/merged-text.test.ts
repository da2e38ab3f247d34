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
  return mergedText(units).sql.split(';').slice(1, -1);
}

/** That the statement before changed so many rows; an error where the server has no count of them. */
const counted = (rows: bigint) => `${2n ** 64n - 1n} - ROW_COUNT() = ${2n ** 64n - 1n - rows}`;

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
      `CALL ordershard_open_merged('5,6','[[5,${numbers[0]}],[6,${numbers[1]}]]','9','[[9,3,${numbers[0]}],[9,3,${numbers[1]}]]',${time + 1_000 - 5_000},${time + 300_000})`,
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
    expect(rowsOf(counts)).toEqual([[2, 102], [103, 104], [2]]);
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
      `INSERT INTO b (x, y) SELECT 'it''s', UTC_DATE() FROM DUAL WHERE ${counted(1n)} UNION ALL SELECT 2, NULL FROM DUAL WHERE ${counted(1n)}`,
      `INSERT INTO c (x) SELECT 3 FROM DUAL WHERE ${counted(2n)}`,
    ]);
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

  test('refuses an `already` that is no SELECT', () => {
    expect(() => unitText({ statements: [like], already: sql`DELETE FROM a` })).toThrow(InvalidUnitError);
  });
});
