import { called, callbackConnectionOf } from '../driver.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** Statements without a callback, which the driver itself carries out. */
export const noCallback: WrongUse = {
  name: 'a statement without a callback',
  happen: async (stage) => {
    const { router, random } = stage;
    const number = stage.number();
    const [row, marker] = [stage.row(number), stage.row(number)];
    const { sql, values } = insertOf(row);
    const way = random.pick([
      'execute of a connection',
      'query of a connection',
      'execute of the pool',
      'query of the pool',
    ] as const);
    let thrown: unknown;
    const send = (fn: () => unknown) => {
      try {
        const sent = fn() as { on?(event: string, listener: (error: Error) => void): unknown } | undefined;
        sent?.on?.('error', (error) => (thrown = error));
      } catch (error) {
        thrown = error;
      }
    };
    const answer = await stage.attempt([marker], () => {
      if (way.endsWith('connection'))
        return router.withKey(number, async () => {
          const connection = await callbackConnectionOf(router);
          try {
            await called((done) => connection.beginTransaction(done));
            send(() =>
              way.startsWith('execute') ? connection.execute(sql, values) : connection.query(sql, values),
            );
            await called((done) => connection.query(insertOf(marker).sql, insertOf(marker).values, done));
            await called((done) => connection.commit(done));
          } finally {
            connection.release();
          }
        });
      return router.transaction({ number }, async (tx) => {
        send(() =>
          way.startsWith('execute') ? router.pool.execute(sql, values) : router.pool.query(sql, values),
        );
        await tx.execute(insertOf(marker).sql, insertOf(marker).values);
      });
    });
    // The caller was told of nothing: the statement is in the transaction, unless it was refused by name.
    stage.claim([row], thrown === undefined ? answer.outcome : 'refused');
    return `${way}: ${thrown === undefined ? told(answer) : (thrown as Error).message}`;
  },
};
