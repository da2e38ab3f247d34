import { setTimeout as sleep } from 'node:timers/promises';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const HELD_MS = 1_500;

/** Units and transactions that want a row which another session holds locked for a while. */
export const lockedRow: WrongUse = {
  name: 'a locked row is wanted',
  happen: async (stage) => {
    const { router, truth } = stage;
    const number = stage.number({ byHand: true });
    const shard = router.shardOf(number);
    const row = stage.row(number, '');
    await router.write({ number, fresh: true }, () => ({ statements: [insertOf(row)] }));
    const add = 'UPDATE uses SET body = CONCAT(body, ?) WHERE number = ? AND id = ?';
    const answers = await truth.session(shard, async (holder) => {
      await holder.query('START TRANSACTION');
      await holder.query('SELECT body FROM uses WHERE number = CAST(? AS SIGNED) FOR UPDATE', [number]);
      const wanted = Promise.all([
        ...['a', 'b', 'c'].map((letter) =>
          stage.watch(() =>
            router.write({ number }, () => ({
              statements: [{ sql: add, values: [letter, number, row.id] }],
            })),
          ),
        ),
        stage.watch(() => router.transaction({ number }, (tx) => tx.execute(add, ['d', number, row.id]))),
      ]);
      await sleep(HELD_MS);
      await holder.query('ROLLBACK');
      return wanted;
    });
    const [found] = await truth.usesOf(number);
    const letters = ['a', 'b', 'c', 'd'];
    for (const [at, { outcome }] of answers.entries()) {
      const times = (found?.body ?? '').split(letters[at]!).length - 1;
      if (times !== (outcome === 'acknowledged' ? 1 : 0) && outcome !== 'unknown')
        stage.violation(`the call was ${outcome}, and applied ${times} times`);
    }
    stage.claim([{ ...row, body: found?.body ?? '' }], 'acknowledged');
    return answers.map(told).join(', ');
  },
};
