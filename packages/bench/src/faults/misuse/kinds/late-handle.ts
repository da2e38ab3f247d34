import type { ShardSession } from '@ordershard/shard-router';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** The handle of a transaction, and of a read, that are over is used again. */
export const lateHandle: WrongUse = {
  name: 'a handle that is over',
  happen: async (stage) => {
    const { router } = stage;
    const number = stage.number();
    const [own, late, read] = [stage.row(number), stage.row(number), stage.row(number)];
    const handles: ShardSession[] = [];
    await stage.attempt([own], () =>
      router.transaction({ number }, async (tx) => {
        handles.push(tx);
        await tx.execute(insertOf(own).sql, insertOf(own).values);
      }),
    );
    await stage.watch(() => router.read(number, (session) => Promise.resolve(void handles.push(session))));
    const answers = [
      await stage.attempt([late], () => handles[0]!.execute(insertOf(late).sql, insertOf(late).values)),
      await stage.attempt([read], () => handles[1]!.execute(insertOf(read).sql, insertOf(read).values)),
    ];
    for (const answer of answers)
      if (answer.outcome === 'acknowledged') stage.violation('a handle that is over was of use');
    return answers.map(told).join(', ');
  },
};
