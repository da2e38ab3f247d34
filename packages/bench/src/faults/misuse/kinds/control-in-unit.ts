import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const CONTROLS = [
  'COMMIT',
  'ROLLBACK',
  '/* c */ COMMIT',
  'START TRANSACTION',
  'BEGIN',
  'SET autocommit = 0',
  'SET SESSION TRANSACTION READ WRITE',
  'TRUNCATE TABLE bystanders',
  'CREATE TABLE made (id INT)',
  'LOCK TABLES uses WRITE',
  'SAVEPOINT x',
  'CALL ordershard_commit()',
  'SET @ordershard_bucket = -1',
  'ALTER TABLE bystanders ADD COLUMN x INT',
  'SELECT 1 INTO @x',
  'DO 1',
] as const;

/** Statements that end, begin or change what others are merged into. */
export const controlInUnit: WrongUse = {
  name: 'transaction control in a unit',
  happen: async (stage) => {
    const { router, random } = stage;
    const control = random.pick(CONTROLS);
    const row = stage.row();
    const statement = insertOf(row);
    const joined = { sql: `${statement.sql}; ${control}`, values: statement.values };
    const alone = { sql: control, values: [] };
    const before = random.chance(0.5);
    const answer = await stage.attempt([row], () =>
      router.write({ number: row.number }, () => ({
        statements: before ? [alone, statement] : random.chance(0.5) ? [statement, alone] : [joined],
      })),
    );
    if (answer.outcome === 'acknowledged') stage.violation(`${control} was taken in a unit`);
    return `${control}: ${told(answer)}`;
  },
};
