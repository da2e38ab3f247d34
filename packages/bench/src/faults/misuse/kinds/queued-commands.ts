import { called, callbackConnectionOf, connectionOf } from '../driver.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** Begin, insert and commit sent at once, in the driver's queueing style. */
export const queuedCommands: WrongUse = {
  name: 'begin, insert and commit queued',
  happen: async (stage) => {
    const { router, random } = stage;
    const number = stage.number();
    const row = stage.row(number);
    const { sql, values } = insertOf(row);
    const callbacks = random.chance(0.5);
    const answer = await stage.attempt([row], () =>
      router.withKey(number, async () => {
        if (callbacks) {
          const connection = await callbackConnectionOf(router);
          try {
            const [begun, inserted, committed] = await Promise.allSettled([
              called((done) => connection.beginTransaction(done)),
              called((done) => connection.query(sql, values, done)),
              called((done) => connection.commit(done)),
            ]);
            for (const one of [begun, inserted, committed]) if (one.status === 'rejected') throw one.reason;
          } finally {
            connection.release();
          }
        } else {
          const connection = await connectionOf(router);
          try {
            const all = await Promise.allSettled([
              connection.beginTransaction(),
              connection.query(sql, values),
              connection.commit(),
            ]);
            for (const one of all) if (one.status === 'rejected') throw one.reason;
          } finally {
            connection.release();
          }
        }
      }),
    );
    return `${callbacks ? 'callbacks' : 'promises'}: ${told(answer)}`;
  },
};
