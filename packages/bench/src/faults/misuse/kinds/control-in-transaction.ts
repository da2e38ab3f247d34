import { OwnError } from '../outcome.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const CONTROLS = [
  'COMMIT',
  'commit work',
  'COMMIT /* c */',
  '/* c */ COMMIT',
  '/*! COMMIT */',
  '-- c\nCOMMIT',
  'ROLLBACK',
  'COMMIT AND CHAIN',
  'COMMIT RELEASE',
  'START TRANSACTION',
  'BEGIN /* c */',
  'SET autocommit = 1',
  'SET SESSION autocommit = 1',
  'SET @@autocommit = 1',
  'CALL ordershard_commit()',
  "XA START 'x'",
  'SET @ordershard_bucket = -1',
] as const;

/** Statements that end a transaction from inside, which then fails, or goes on to write. */
export const controlInTransaction: WrongUse = {
  name: 'transaction control in a transaction',
  happen: async (stage) => {
    const { router, random } = stage;
    const control = random.pick(CONTROLS);
    const way = random.pick(['tx', 'pool', 'no callback'] as const);
    const fails = random.chance(0.6);
    const number = stage.number();
    const [row, later] = [stage.row(number), stage.row(number)];
    let was = 'taken';
    const note = (error: Error) => (was = error.message);
    const answer = await stage.attempt([row, later], () =>
      router.transaction({ number }, async (tx) => {
        await tx.execute(insertOf(row).sql, insertOf(row).values);
        if (way === 'tx') await tx.execute(control).catch(note);
        else if (way === 'pool') await router.pool.promise().query(control).catch(note);
        else router.pool.query(control).on('error', note);
        await tx.execute(insertOf(later).sql, insertOf(later).values);
        if (fails) throw new OwnError('the transaction fails');
      }),
    );
    return `${control} (${way}): ${was}: ${told(answer)}`;
  },
};
