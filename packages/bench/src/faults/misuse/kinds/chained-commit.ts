import { connectionOf } from '../driver.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const ENDS = [
  'COMMIT AND CHAIN',
  'COMMIT WORK AND CHAIN NO RELEASE',
  '/* c */ COMMIT AND CHAIN',
  'COMMIT -- c',
  'COMMIT RELEASE',
  'ROLLBACK AND CHAIN',
  'COMMIT;',
  '/*!50000 COMMIT AND CHAIN */',
] as const;

/** Ways to end a connection's transaction that begin another one, or end the connection; then more is written. */
export const chainedCommit: WrongUse = {
  name: 'an end that begins anew',
  happen: async (stage) => {
    const { router, random, truth } = stage;
    const end = random.pick(ENDS);
    const number = stage.number();
    const [first, late] = [stage.row(number), stage.row(number)];
    let ended = 'refused';
    let wrote = 'refused';
    const whole = await stage.watch(() =>
      router.withKey(number, async () => {
        const connection = await connectionOf(router);
        try {
          await connection.beginTransaction();
          await connection.query(insertOf(first).sql, insertOf(first).values);
          const ending = await stage.watch(() => connection.query(end));
          ended = ending.outcome;
          if (ended === 'refused') {
            await connection.rollback();
            return;
          }
          const writing = await stage.watch(() =>
            connection.query(insertOf(late).sql, insertOf(late).values),
          );
          wrote = writing.outcome;
          if (wrote === 'acknowledged') stage.violation(`after ${end} more was written without a fence`);
          await connection.commit().catch(() => undefined);
        } finally {
          connection.release();
        }
      }),
    );
    const found = await truth.usesOf(number);
    if (ended === 'refused' && found.length > 0) stage.violation(`${end} was refused, and something stays`);
    if (ended === 'acknowledged' && end.includes('COMMIT') && !found.some(({ id }) => id === first.id))
      stage.violation(`${end} was answered, and nothing is there`);
    for (const row of [first, late])
      stage.claim([row], found.some(({ id }) => id === row.id) ? 'acknowledged' : 'refused');
    return `${end}: ${ended}, then ${wrote}; ${told(whole)}`;
  },
};
