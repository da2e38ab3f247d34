import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const CALLS = 12;

/**
 * Calls at once whose deadlines pass before, during and after their work. Each must be done, or not done, as its answer says.
 */
export const tinyDeadlines: WrongUse = {
  name: 'tiny deadlines',
  happen: async (stage) => {
    const { router, random } = stage;
    const on = random.pick(router.allShards());
    const answers = await Promise.all(
      Array.from({ length: CALLS }, (_, at) => {
        const row = stage.row(stage.number({ on }));
        const { number } = row;
        const timeoutMs = random.pick([0, 1, 2, 3, 5, 8, 20]);
        const { sql, values } = insertOf(row);
        return stage.attempt([row], () =>
          at % 2 === 0
            ? router.write({ number }, () => ({ statements: [{ sql, values }] }), { timeoutMs })
            : router.transaction({ number }, (tx) => tx.execute(sql, values), { timeoutMs }),
        );
      }),
    );
    return answers.map(told).join(', ');
  },
};
