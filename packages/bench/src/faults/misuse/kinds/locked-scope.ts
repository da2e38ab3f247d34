import { sql } from '@ordershard/shard-router';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** Another shard in a scope that is locked to its own, by every way in. */
export const lockedScope: WrongUse = {
  name: 'another shard in a locked scope',
  happen: async (stage) => {
    const { router } = stage;
    const [number, elsewhere] = stage.random
      .shuffled(router.allShards())
      .slice(0, 2)
      .map((on) => stage.number({ on }));
    const rows = [stage.row(elsewhere), stage.row(elsewhere)];
    const [one, two] = rows.map(insertOf);
    const inLocked = <T>(fn: () => Promise<T>) => router.withKey(number!, fn, { locked: true });
    const answers = [
      await stage.attempt([rows[0]!], () =>
        inLocked(() => router.write({ number: elsewhere! }, () => ({ statements: [one!] }))),
      ),
      await stage.attempt([rows[1]!], () =>
        inLocked(() => router.transaction({ number: elsewhere! }, (tx) => tx.execute(two!.sql, two!.values))),
      ),
      await stage.watch(() => inLocked(() => router.readRows(elsewhere!, sql`SELECT 1 AS one`))),
      await stage.watch(() =>
        inLocked(() => router.read(elsewhere!, (session) => session.query('SELECT 1'))),
      ),
      await stage.watch(() =>
        inLocked(() => router.withKey(elsewhere!, () => router.pool.promise().query('SELECT 1'))),
      ),
    ];
    for (const [at, answer] of answers.entries())
      if (answer.outcome === 'acknowledged')
        stage.violation(`another shard was reached in a locked scope by way ${at}`);
    return answers.map(told).join(', ');
  },
};
