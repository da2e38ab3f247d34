import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** Statements that the function of a transaction does not wait for: in it, or refused by themselves. */
export const unawaitedStatement: WrongUse = {
  name: 'a statement that is not awaited',
  happen: async (stage) => {
    const { router, random } = stage;
    const number = stage.number();
    const [own, left, later] = [stage.row(number), stage.row(number), stage.row(number)];
    const insert = (row: typeof own) => insertOf(row);
    const way = random.pick(['tx', 'query', 'execute', 'write'] as const);
    const send = (
      tx: { execute(sql: string, values: readonly never[]): Promise<unknown> },
      row: typeof own,
    ): Promise<unknown> => {
      const { sql, values } = insert(row);
      const pool = router.pool.promise();
      if (way === 'tx') return tx.execute(sql, values as never);
      if (way === 'query') return pool.query(sql, values);
      if (way === 'execute') return pool.execute(sql, values);
      return router.write({ number }, () => ({ statements: [{ sql, values }] }));
    };
    let unawaited: Promise<unknown> = Promise.resolve();
    let late: Promise<unknown> = Promise.resolve();
    const answer = await stage.attempt([own], () =>
      router.transaction({ number }, async (tx) => {
        const { sql, values } = insert(own);
        await tx.execute(sql, values);
        unawaited = stage.attempt([left], () => send(tx as never, left));
        late = (async () => {
          for (let turns = 0; turns < 3; turns += 1) await Promise.resolve();
          await stage.attempt([later], () => send(tx as never, later));
        })();
      }),
    );
    await Promise.all([unawaited, late]);
    return `${way}: ${told(answer)}`;
  },
};
