import { setTimeout as sleep } from 'node:timers/promises';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const ROWS = `WITH RECURSIVE s AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM s WHERE i < 900) SELECT i, REPEAT('x', 200) AS t FROM s`;

/** A stream that nobody reads, in a scope or a transaction that ends, and in one that a close finds. */
export const unreadStream: WrongUse = {
  name: 'a stream that is not read',
  happen: async (stage) => {
    const { random, truth } = stage;
    const guest = await stage.guest({
      poolSize: 2,
      limits: { statementTimeoutMs: 1_000, queueTimeoutMs: 3_000 },
    });
    const number = stage.number();
    const row = stage.row(number);
    const inTransaction = random.chance(0.6);
    const begin = () => {
      const stream = guest.pool.query(ROWS).stream({ highWaterMark: 1 });
      stream.on('error', () => undefined);
      return { stream };
    };
    const answer = inTransaction
      ? await stage.attempt([row], () =>
          guest.transaction({ number }, async (tx) => {
            await tx.execute(insertOf(row).sql, insertOf(row).values);
            return begin();
          }),
        )
      : await stage.watch(() => guest.withKey(number, begin));
    await sleep(100);
    const shard = guest.shardOf(number);
    const next = stage.row(stage.number({ on: shard }));
    const then = await stage.attempt([next], () =>
      guest.transaction({ number: next.number }, (tx) =>
        tx.execute(insertOf(next).sql, insertOf(next).values),
      ),
    );
    if (then.outcome !== 'acknowledged') stage.violation(`the next caller: ${told(then)}`);
    await truth.session(shard, async (mover) => {
      await mover.query('SET innodb_lock_wait_timeout = 3');
      await mover
        .query('SELECT state FROM bucket_fences WHERE bucket = ? FOR UPDATE', [row.bucket])
        .catch((error: Error) => stage.violation(`the fence stays held: ${error.message}`));
    });
    return `${inTransaction ? 'in a transaction' : 'in a scope'}: ${told(answer)}`;
  },
};
