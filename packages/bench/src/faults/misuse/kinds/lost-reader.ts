import { builderTransaction } from '../driver.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** An address on which no server listens: port 1 of this machine. */
const NOBODY = 'mysql://nobody:nothing@127.0.0.1:1/none';

/** Replicas that do not answer, asked by readers, and by transactions in a reader's scope. */
export const lostReader: WrongUse = {
  name: 'lost readers',
  happen: async (stage) => {
    const opened: number[] = [];
    const observer = { breakerChanged: (shard: number, open: boolean) => void (open && opened.push(shard)) };
    const shards = stage.shards.map((shard) => ({ ...shard, readers: [NOBODY] }));
    const guest = await stage.guest({
      shards,
      observer,
      limits: { connectTimeoutMs: 500, queueTimeoutMs: 1_000 },
    });
    const number = stage.number();
    const on = guest.shardOf(number);
    const inside = stage.row(number);
    const reads = await Promise.all(
      [1, 2, 3, 4].map(() =>
        stage.watch(() =>
          guest.withKey(number, () => guest.pool.promise().query('SELECT 1'), {
            role: 'reader',
            timeoutMs: 300,
          }),
        ),
      ),
    );
    const begun = await stage.attempt([inside], () =>
      guest.withKey(
        number,
        () =>
          builderTransaction(guest, (connection) =>
            connection.query(insertOf(inside).sql, insertOf(inside).values),
          ),
        { role: 'reader' },
      ),
    );
    const row = stage.row(stage.number({ on }));
    const next = await stage.attempt([row], () =>
      guest.write({ number: row.number }, () => ({ statements: [insertOf(row)] })),
    );
    if (opened.length > 0)
      stage.violation(`the breaker of shard ${opened.join(', ')} was opened by a replica`);
    if (next.outcome !== 'acknowledged') stage.violation(`the writer refused the next caller: ${told(next)}`);
    return `${reads.map(told).join(', ')}; ${told(begun)}; ${told(next)}`;
  },
};
