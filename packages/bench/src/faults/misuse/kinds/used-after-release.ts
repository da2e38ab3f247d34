import type { PoolConnection } from 'mysql2/promise';
import { connectionOf } from '../driver.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** A connection that was given back, once or twice, is used again while another caller has it. */
export const usedAfterRelease: WrongUse = {
  name: 'a connection that was given back',
  happen: async (stage) => {
    const { random } = stage;
    const guest = await stage.guest({ poolSize: 1 });
    const number = stage.number();
    const on = guest.shardOf(number);
    let kept: PoolConnection | undefined;
    await stage.watch(() =>
      guest.withKey(number, async () => {
        kept = await connectionOf(guest);
        await kept.query('SELECT 1');
        kept.release();
        if (random.chance(0.5)) kept.release();
      }),
    );
    const [stray, own] = [stage.row(number), stage.row(stage.number({ on }))];
    let was = '';
    const answer = await stage.attempt([own], () =>
      guest.transaction({ number: own.number }, async (tx) => {
        await tx.execute(insertOf(own).sql, insertOf(own).values);
        const strayed = await stage.attempt([stray], async () => {
          await kept!.query(insertOf(stray).sql, insertOf(stray).values);
        });
        was = told(strayed);
        if (strayed.outcome === 'acknowledged')
          stage.violation('it wrote in the transaction of another caller');
        await stage.watch(() => kept!.rollback());
        kept!.release();
      }),
    );
    return `${was}, ${told(answer)}`;
  },
};
