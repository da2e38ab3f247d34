import { inspect } from 'node:util';
import { sql } from '@ordershard/shard-router';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const NONE = [
  -1n,
  2n ** 63n,
  2n ** 70n,
  -(2n ** 63n),
  '12',
  '1+SLEEP(0.1)',
  12,
  1.5,
  Number.NaN,
  null,
  undefined,
  {},
  [],
  true,
  Symbol('n'),
] as const;

/** Numbers that are none, in calls that are merged with those of others. */
export const noNumber: WrongUse = {
  name: 'a number that is none',
  happen: async (stage) => {
    const { router, random } = stage;
    const poison = random.pick(NONE);
    const number = poison as unknown as bigint;
    const beside = Array.from({ length: 6 }, () => stage.row());
    const calls: (() => Promise<unknown>)[] = [
      () =>
        router.write({ number, fresh: true }, () => ({
          statements: [sql`DELETE FROM uses WHERE number = ${0n}`],
        })),
      () => router.transaction({ number }, (tx) => tx.query('SELECT 1')),
      () => router.transaction({ number, fresh: true }, (tx) => tx.query('SELECT 1')),
      () => router.readRows(number, sql`SELECT 1 AS one`),
      () => router.read(number, (session) => session.query('SELECT 1')),
      () => router.withKey(number, () => router.pool.promise().query('SELECT 1')),
    ];
    const answers = await Promise.all([
      ...calls.map((call) => stage.watch(call)),
      ...beside.map((row) =>
        stage.attempt([row], () =>
          router.write({ number: row.number, fresh: true }, () => ({ statements: [insertOf(row)] })),
        ),
      ),
    ]);
    for (const [at, answer] of answers.entries()) {
      if (at >= calls.length && answer.outcome !== 'acknowledged')
        stage.violation(`a call beside it: ${told(answer)}`);
      // A text is a key for withKey, and a right one.
      if (at < 5 && answer.outcome === 'acknowledged')
        stage.violation(`${inspect(poison)} was taken for a number by call ${at}`);
    }
    return `${inspect(poison)}: ${answers.slice(0, 6).map(told).join(', ')}`;
  },
};
