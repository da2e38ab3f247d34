import { setTimeout as sleep } from 'node:timers/promises';
import { builderTransaction, connectionOf } from '../driver.ts';
import { OwnError } from '../outcome.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** A part of a transaction fails and is caught, while the transaction itself writes beside it. */
export const partBesideStatement: WrongUse = {
  name: 'a savepoint beside statements',
  happen: async (stage) => {
    const { router, random } = stage;
    const number = stage.number();
    const [main, optional] = [stage.row(number), stage.row(number)];
    const { sql, values } = insertOf(main);
    const way = random.pick(['tx', 'query', 'connection', 'write'] as const);
    let failed = '';
    const answer = await stage.attempt([main], () =>
      router.transaction({ number }, async (tx) => {
        const part = builderTransaction(router, async (connection) => {
          await connection.query(insertOf(optional).sql, insertOf(optional).values);
          await sleep(60);
          throw new OwnError('the part fails');
        }).catch((error: Error) => (failed = error.message));
        await sleep(20);
        if (way === 'tx') await tx.execute(sql, values);
        else if (way === 'query') await router.pool.promise().query(sql, values);
        else if (way === 'write') await router.write({ number }, () => ({ statements: [{ sql, values }] }));
        else {
          const connection = await connectionOf(router);
          try {
            await connection.query(sql, values);
          } finally {
            connection.release();
          }
        }
        await part;
      }),
    );
    stage.claim([optional], 'refused');
    return failed === '' ? undefined : `${way}: ${told(answer)}`;
  },
};
