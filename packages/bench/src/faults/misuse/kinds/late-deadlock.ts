import { setTimeout as sleep } from 'node:timers/promises';
import { nextBystander } from '../bystanders.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const LOCK = 'SELECT id FROM uses WHERE number = ? AND id = ? FOR UPDATE';
/** Rows that make the other transaction the heavier one, so that the server gives ours up. */
const WEIGHT = 30;

/** A statement that is not awaited meets a deadlock, for which the server rolls back the whole transaction. */
export const lateDeadlock: WrongUse = {
  name: 'a deadlock that is not awaited',
  happen: async (stage) => {
    const { router, truth, random } = stage;
    const number = stage.number({ byHand: true });
    const [one, two, own] = [stage.row(number), stage.row(number), stage.row(number)];
    await stage.attempt([one, two], () =>
      router.write({ number, fresh: true }, () => ({ statements: [insertOf(one), insertOf(two)] })),
    );
    const awaited = random.chance(0.3);
    let met = '';
    const answer = await truth.session(router.shardOf(number), async (other) => {
      await other.query('START TRANSACTION');
      await other.query(LOCK, [number, two.id]);
      for (let row = 0; row < WEIGHT; row += 1) await other.query(...nextBystander().insert);
      let waiting: Promise<unknown> | undefined;
      const attempted = await stage.attempt([own], () =>
        router.transaction({ number }, async (tx) => {
          await tx.execute(insertOf(own).sql, insertOf(own).values);
          await tx.query(LOCK, [number, one.id]);
          waiting ??= other.query(LOCK, [number, one.id]).catch(() => undefined);
          await sleep(100);
          const last = tx.query(LOCK, [number, two.id]).catch((error: Error) => (met ||= error.message));
          if (awaited) await last;
        }),
      );
      await waiting;
      await other.query('ROLLBACK').catch(() => undefined);
      return attempted;
    });
    return met === '' ? undefined : `${awaited ? 'awaited' : 'not awaited'}: ${met}: ${told(answer)}`;
  },
};
