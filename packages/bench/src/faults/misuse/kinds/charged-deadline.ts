import { told } from '../stage.ts';
import { insertOf } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** Deadlines of one caller pass while a shard is at slow work of its: nobody else may be refused for it. */
export const chargedDeadline: WrongUse = {
  name: "deadlines that pass are not the shard's",
  happen: async (stage) => {
    const { random } = stage;
    const opened: number[] = [];
    const observer = { breakerChanged: (shard: number, open: boolean) => void (open && opened.push(shard)) };
    const guest = await stage.guest({ poolSize: 8, observer });
    const number = stage.number();
    const shard = guest.shardOf(number);
    const slow = 'SELECT SLEEP(0.4) AS slept';
    const call = random.pick([
      () =>
        guest.withKey(number, () => Promise.all([1, 2, 3, 4].map(() => guest.pool.promise().query(slow))), {
          timeoutMs: 60,
        }),
      () =>
        Promise.all(
          [1, 2, 3, 4].map(() => guest.transaction({ number }, (tx) => tx.query(slow), { timeoutMs: 60 })),
        ),
      () =>
        Promise.all(
          [1, 2, 3, 4].map(() => guest.readRows(number, { sql: slow, values: [] }, { timeoutMs: 60 })),
        ),
      () =>
        guest.withKey(number, () =>
          Promise.all([1, 2, 3, 4].map(() => guest.pool.promise().query({ sql: slow, timeout: 60 }))),
        ),
    ]);
    const answer = await stage.watch(call);
    const row = stage.row(stage.number({ on: shard }));
    const next = await stage.attempt([row], () =>
      guest.write({ number: row.number }, () => ({ statements: [insertOf(row)] })),
    );
    if (opened.length > 0)
      stage.violation(`the breaker of shard ${opened.join(', ')} was opened by a caller's own deadline`);
    if (next.outcome !== 'acknowledged') stage.violation(`the next caller: ${told(next)}`);
    return `${told(answer)}, then ${told(next)}`;
  },
};
