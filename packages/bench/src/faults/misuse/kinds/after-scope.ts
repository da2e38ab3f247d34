import { setTimeout as sleep } from 'node:timers/promises';
import { connectionOf } from '../driver.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** Work that is not awaited and goes on after its scope: a read, a transaction in its middle, a timer. */
export const afterScope: WrongUse = {
  name: 'work after its scope',
  happen: async (stage) => {
    const { router, random } = stage;
    const number = stage.number();
    const row = stage.row(number);
    const { sql, values } = insertOf(row);
    let left: Promise<string> = Promise.resolve('');
    const pause = random.between(0, 12);
    await stage.watch(() =>
      router.withKey(number, async () => {
        left = (async () => {
          const answer = await stage.attempt([row], async () => {
            const connection = await connectionOf(router);
            try {
              await connection.beginTransaction();
              await connection.query(sql, values);
              await sleep(pause);
              await connection.commit();
            } finally {
              connection.release();
            }
          });
          const read = await stage.watch(() => router.pool.promise().query('SELECT 1'));
          return `${told(answer)}, ${told(read)}`;
        })();
        await sleep(random.between(0, 8));
      }),
    );
    return left;
  },
};
