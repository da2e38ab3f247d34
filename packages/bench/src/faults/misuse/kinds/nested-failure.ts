import { OwnError } from '../outcome.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** A transaction inside another of the same number fails, and the one around it goes on as if it had not. */
export const nestedFailure: WrongUse = {
  name: 'a nested failure that is caught',
  happen: async (stage) => {
    const { router } = stage;
    const number = stage.number();
    const [before, inner, after] = [stage.row(number), stage.row(number), stage.row(number)];
    let was = '';
    const answer = await stage.watch(() =>
      router.transaction({ number }, async (tx) => {
        await tx.execute(insertOf(before).sql, insertOf(before).values);
        await router
          .transaction({ number }, async (nested) => {
            await nested.execute(insertOf(inner).sql, insertOf(inner).values);
            throw new OwnError('the inner one fails');
          })
          .catch((error: Error) => (was = error.message));
        await tx.execute(insertOf(after).sql, insertOf(after).values);
      }),
    );
    stage.claim([inner], 'refused');
    stage.claim([before, after], answer.outcome);
    return was === '' ? undefined : told(answer);
  },
};
