import { sql } from '@ordershard/shard-router';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const COMMENTS = [
  '-- by primary key',
  '# by primary key',
  '/* by primary key */',
  '-- a\n-- b',
  '--',
  ';-- x',
] as const;

/** Units whose statements end in a comment, written at the same time as others, with which they are merged. */
export const trailingComment: WrongUse = {
  name: 'comment at the end of a statement',
  happen: async (stage) => {
    const { router, random } = stage;
    const comment = random.pick(COMMENTS);
    const number = stage.number();
    const shard = router.shardOf(number);
    const row = stage.row(number, 'new');
    await router.write({ number, fresh: true }, () => ({ statements: [insertOf({ ...row, body: 'old' })] }));
    const update = `UPDATE uses SET body = ? WHERE number = ? AND id = ? ${comment}`;
    const beside = Array.from({ length: 4 }, () => stage.row(stage.number({ on: shard })));
    const [updated] = await Promise.all([
      stage.watch(() =>
        router.write({ number }, () => ({
          statements: [
            { sql: update, values: ['new', number, row.id] },
            sql`UPDATE counters SET n = n WHERE number = ${number}`,
          ],
        })),
      ),
      ...beside.map((other) =>
        stage.attempt([other], () =>
          router.write({ number: other.number, fresh: true }, () => ({
            statements: [{ ...insertOf(other), sql: `${insertOf(other).sql} ${comment}` }],
          })),
        ),
      ),
    ]);
    // Refused, the row is as it was before.
    stage.claim([updated.outcome === 'acknowledged' ? row : { ...row, body: 'old' }], 'acknowledged');
    return `${JSON.stringify(comment)}: ${told(updated)}`;
  },
};
