import { setTimeout as sleep } from 'node:timers/promises';
import { connectionOf } from '../driver.ts';
import { OwnError } from '../outcome.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const SLOW_S = 1.2;

/** A connection goes back while its statement runs, as an application's own time-out has it. */
export const releasedInFlight: WrongUse = {
  name: 'a connection that is released in flight',
  happen: async (stage) => {
    const { random } = stage;
    const guest = await stage.guest({
      poolSize: 1,
      limits: { statementTimeoutMs: 600, queueTimeoutMs: 10_000 },
    });
    const number = stage.number();
    const write = random.chance(0.4);
    const lost = stage.row(number);
    const { sql, values } = insertOf(lost);
    const abandoned = await stage.watch(() =>
      guest.withKey(number, async () => {
        const connection = await connectionOf(guest);
        try {
          if (write) {
            await connection.beginTransaction();
            await connection.query(sql, values);
          }
          const slow = connection.query(`SELECT SLEEP(${SLOW_S})`);
          slow.catch(() => undefined);
          await Promise.race([
            slow,
            sleep(60).then(() => {
              throw new OwnError('the application does not wait any more');
            }),
          ]);
        } finally {
          connection.release();
        }
      }),
    );
    stage.claim([lost], 'refused');
    const rows = [
      stage.row(stage.number({ on: guest.shardOf(number) })),
      stage.row(stage.number({ on: guest.shardOf(number) })),
    ];
    const next = await Promise.all(
      rows.map((row) =>
        stage.attempt([row], () =>
          guest.transaction({ number: row.number }, (tx) =>
            tx.execute(insertOf(row).sql, insertOf(row).values),
          ),
        ),
      ),
    );
    for (const answer of next)
      if (answer.outcome !== 'acknowledged') stage.violation(`the next caller: ${told(answer)}`);
    return `${told(abandoned)}, then ${next.map(told).join(', ')}`;
  },
};
