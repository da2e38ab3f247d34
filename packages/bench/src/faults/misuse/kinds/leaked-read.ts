import { setTimeout as sleep } from 'node:timers/promises';
import { OwnError } from '../outcome.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** A read whose function fails while a branch of it goes on, on a connection that another caller has by then. */
export const leakedRead: WrongUse = {
  name: 'a branch of a read that failed',
  happen: async (stage) => {
    const guest = await stage.guest({ poolSize: 1 });
    const number = stage.number();
    const secret = stage.row(stage.number({ on: guest.shardOf(number) }));
    let stray: Promise<unknown> = Promise.resolve();
    let was = '';
    await stage.watch(() =>
      guest.read(number, (session) => {
        stray = (async () => {
          await sleep(60);
          const seen = await stage.watch(() =>
            session.query<{ id: string }>('SELECT id FROM uses WHERE number = ?', [secret.number]),
          );
          was = told(seen);
          if (seen.outcome === 'acknowledged')
            stage.violation(`it read on, and saw ${seen.value.length} rows of another caller`);
          const gone = await stage.watch(() =>
            session.execute('DELETE FROM uses WHERE number = ?', [secret.number]),
          );
          if (gone.outcome === 'acknowledged')
            stage.violation('it wrote in the transaction of another caller');
        })();
        return Promise.reject(new OwnError('the other branch fails'));
      }),
    );
    const answer = await stage.attempt([secret], () =>
      guest.transaction({ number: secret.number }, async (tx) => {
        await tx.execute(insertOf(secret).sql, insertOf(secret).values);
        await sleep(150);
      }),
    );
    await stray;
    return `${was}, ${told(answer)}`;
  },
};
