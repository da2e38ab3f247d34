import { setTimeout as sleep } from 'node:timers/promises';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** More callers than a pool has connections; some of them wait for one with a deadline. */
export const fullPool: WrongUse = {
  name: 'a full pool',
  happen: async (stage) => {
    const opened: number[] = [];
    const observer = { breakerChanged: (shard: number, open: boolean) => void (open && opened.push(shard)) };
    const guest = await stage.guest({ poolSize: 2, observer, limits: { queueTimeoutMs: 5_000 } });
    const number = stage.number();
    const on = guest.shardOf(number);
    const slow = [1, 2].map(() =>
      stage.watch(() => guest.withKey(number, () => guest.pool.promise().query('SELECT SLEEP(0.5)'))),
    );
    await sleep(50);
    const impatient = await Promise.all(
      [1, 2, 3, 4].map(() =>
        stage.watch(() =>
          guest.withKey(number, () => guest.pool.promise().query('SELECT 1'), { timeoutMs: 40 }),
        ),
      ),
    );
    const row = stage.row(stage.number({ on }));
    const { sql, values } = insertOf(row);
    const next = await stage.attempt([row], () =>
      guest.transaction({ number: row.number }, (tx) => tx.execute(sql, values)),
    );
    await Promise.all(slow);
    if (opened.length > 0)
      stage.violation(`the breaker of shard ${opened.join(', ')} was opened by a full pool`);
    if (next.outcome !== 'acknowledged') stage.violation(`the next caller: ${told(next)}`);
    return `${impatient.map(told).join(', ')}, then ${told(next)}`;
  },
};
