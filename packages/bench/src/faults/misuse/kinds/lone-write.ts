import { connectionOf } from '../driver.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** Writes outside of a transaction, in a scope and without one. */
export const loneWrite: WrongUse = {
  name: 'a write outside of a transaction',
  happen: async (stage) => {
    const { router } = stage;
    const number = stage.number();
    const rows = Array.from({ length: 5 }, () => stage.row(number));
    const pool = router.pool.promise();
    const [one, two, three, four] = rows.map(insertOf);
    const answers = [
      await stage.attempt([rows[0]!], () => router.withKey(number, () => pool.query(one!.sql, one!.values))),
      await stage.attempt([rows[1]!], () =>
        router.withKey(number, () => pool.execute(two!.sql, two!.values)),
      ),
      await stage.attempt([rows[2]!], () => pool.query(three!.sql, three!.values)),
      await stage.attempt([rows[3]!], () =>
        router.withKey(number, async () => {
          const connection = await connectionOf(router);
          try {
            await connection.query(four!.sql, four!.values);
          } finally {
            connection.release();
          }
        }),
      ),
      await stage.watch(() =>
        router.withShard(router.shardOf(number), () =>
          pool.query(insertOf(rows[4]!).sql, insertOf(rows[4]!).values),
        ),
      ),
    ];
    stage.claim([rows[4]!], 'refused');
    return answers.map(told).join(', ');
  },
};
