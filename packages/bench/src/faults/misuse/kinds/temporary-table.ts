import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** A table of the name of a real one that only a session has, left to the next caller. */
export const temporaryTable: WrongUse = {
  name: "a temporary table of a real one's name",
  happen: async (stage) => {
    const { random } = stage;
    const guest = await stage.guest({ poolSize: 1 });
    const number = stage.number();
    const create = `${random.pick(['', '/* c */ '])}CREATE TEMPORARY TABLE uses (number BIGINT, id VARCHAR(64), bucket INT, body TEXT)`;
    const inside = random.chance(0.5);
    const made = await stage.watch<unknown>(() =>
      inside
        ? guest.transaction({ number }, (tx) => tx.execute(create))
        : guest.withKey(number, () => guest.pool.promise().query(create)),
    );
    const row = stage.row(number);
    const next = await stage.attempt([row], () =>
      guest.transaction({ number }, (tx) => tx.execute(insertOf(row).sql, insertOf(row).values)),
    );
    if (next.outcome !== 'acknowledged') stage.violation(`the next caller: ${told(next)}`);
    return `${inside ? 'in a transaction' : 'in a scope'}: ${told(made)}`;
  },
};
