import { OwnError } from '../outcome.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const DDL = [
  'CREATE TABLE IF NOT EXISTS made_by_a_use (id INT PRIMARY KEY)',
  'TRUNCATE TABLE made_before',
  'DROP TABLE IF EXISTS never_there',
  'ALTER TABLE bystanders COMMENT = ?',
  '/* c */ CREATE TABLE IF NOT EXISTS made_by_a_use (id INT PRIMARY KEY)',
  'ANALYZE TABLE bystanders',
  'LOCK TABLES uses WRITE',
  'CREATE TEMPORARY TABLE IF NOT EXISTS for_a_while (id INT)',
  'RENAME TABLE never_there TO nor_here',
  'FLUSH TABLES',
] as const;

/** Statements that commit by themselves, in a transaction that fails afterwards: nothing of it may stay. */
export const ddlInTransaction: WrongUse = {
  name: 'DDL in a transaction',
  happen: async (stage) => {
    const { router, random } = stage;
    const ddl = random.pick(DDL).replace('?', "'x'");
    const number = stage.number();
    const row = stage.row(number);
    const { sql, values } = insertOf(row);
    const way = random.pick(['tx', 'pool'] as const);
    let was = 'taken';
    const answer = await stage.attempt([row], () =>
      router.transaction({ number }, async (tx) => {
        await tx.execute(sql, values);
        await (way === 'tx' ? tx.execute(ddl) : router.pool.promise().query(ddl)).catch(
          (error: Error) => (was = error.message),
        );
        throw new OwnError('the transaction fails');
      }),
    );
    return `${ddl}: ${was}: ${told(answer)}`;
  },
};
