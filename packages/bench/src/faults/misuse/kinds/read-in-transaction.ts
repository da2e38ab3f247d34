import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** Reads inside transactions, as many at once as their pool has connections and more. */
export const readInTransaction: WrongUse = {
  name: 'reads inside as many transactions as connections',
  happen: async (stage) => {
    const opened: number[] = [];
    const observer = { breakerChanged: (shard: number, open: boolean) => void (open && opened.push(shard)) };
    const guest = await stage.guest({ poolSize: 2, observer, limits: { queueTimeoutMs: 3_000 } });
    const on = stage.random.pick(guest.allShards());
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => {
        const row = stage.row(stage.number({ on }));
        return stage.attempt([row], () =>
          guest.transaction({ number: row.number }, async (tx) => {
            await tx.execute(insertOf(row).sql, insertOf(row).values);
            const seen = await guest.read(row.number, (session) =>
              session.query('SELECT id FROM uses WHERE number = ?', [row.number]),
            );
            if (seen.length !== 1) stage.violation('a read inside a transaction does not see its row');
          }),
        );
      }),
    );
    if (opened.length > 0)
      stage.violation(`the breaker of shard ${opened.join(', ')} was opened by a pool that waits for itself`);
    return answers.map(told).join(', ');
  },
};
