import { connectionOf } from '../driver.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** Methods of the driver's connection that work on the session below a transaction. */
export const driverMethod: WrongUse = {
  name: 'ping, reset, prepare, changeUser',
  happen: async (stage) => {
    const { random } = stage;
    const guest = await stage.guest({ poolSize: 1, limits: { statementTimeoutMs: 2_000 } });
    const number = stage.number();
    await guest.withKey(number, () => guest.pool.promise().query('SELECT 1'));
    const method = random.pick(['ping', 'reset', 'prepare', 'changeUser', 'unprepare', 'pause'] as const);
    const call = (connection: Awaited<ReturnType<typeof connectionOf>>): Promise<unknown> => {
      if (method === 'ping') return connection.ping();
      if (method === 'prepare') return connection.prepare('SELECT 1');
      if (method === 'changeUser') return connection.changeUser({});
      if (method === 'unprepare') return Promise.resolve(connection.unprepare('SELECT 1'));
      if (method === 'pause') {
        connection.pause?.();
        return Promise.resolve(connection.resume?.());
      }
      return connection.reset();
    };
    const inside = random.chance(0.6);
    const row = stage.row(number);
    const { sql, values } = insertOf(row);
    let was = '';
    const answer = await stage.watch(() =>
      guest.withKey(number, async () => {
        const connection = await connectionOf(guest);
        try {
          if (inside) {
            await connection.beginTransaction();
            await connection.query(sql, values);
          }
          was = told(await stage.watch(() => call(connection)));
          if (inside) await connection.commit();
          else await connection.query('SELECT 1');
        } finally {
          connection.release();
        }
      }),
    );
    if (inside) stage.claim([row], answer.outcome);
    const next = stage.row(number);
    const then = await stage.attempt([next], () =>
      guest.transaction({ number }, (tx) => tx.execute(insertOf(next).sql, insertOf(next).values)),
    );
    if (then.outcome !== 'acknowledged') stage.violation(`after ${method} the next caller: ${told(then)}`);
    return `${method}${inside ? ' in a transaction' : ''}: ${was}, ${told(answer)}`;
  },
};
