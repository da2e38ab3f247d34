import { connectionOf } from '../driver.ts';
import { OwnError } from '../outcome.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** Scopes that end without giving their connections back, some with a transaction open. */
export const neverReleased: WrongUse = {
  name: 'a connection that is never released',
  happen: async (stage) => {
    const { truth } = stage;
    const guest = await stage.guest({ poolSize: 2, limits: { queueTimeoutMs: 1_500 } });
    const number = stage.number();
    const shard = guest.shardOf(number);
    const lost = stage.row(number);
    const ids: string[] = [];
    for (let leak = 0; leak < 2; leak += 1)
      await stage.watch(() =>
        guest.withKey(number, async () => {
          const connection = await connectionOf(guest);
          const [rows] = await connection.query('SELECT CONNECTION_ID() AS id');
          ids.push((rows as unknown as { id: string }[])[0]!.id);
          if (leak === 0) {
            await connection.beginTransaction();
            await connection.query(insertOf(lost).sql, insertOf(lost).values);
          }
          throw new OwnError('before try and finally');
        }),
      );
    stage.claim([lost], 'refused');
    const row = stage.row(stage.number({ on: shard }));
    const next = await stage.attempt([row], () =>
      guest.transaction({ number: row.number }, (tx) => tx.execute(insertOf(row).sql, insertOf(row).values)),
    );
    if (next.outcome !== 'acknowledged') stage.violation(`the next caller: ${told(next)}`);
    const open = await truth.rows<{ id: string }>(
      shard,
      'SELECT trx_mysql_thread_id AS id FROM information_schema.innodb_trx',
    );
    if (open.some(({ id }) => ids.includes(id)))
      stage.violation('a scope that is over holds a transaction open');
    return told(next);
  },
};
