import { insertOf, told, type UseStage } from '../stage.ts';
import type { UseRow } from '../claims.ts';
import type { WrongUse } from '../wrong-use.ts';

/** Requests that share a batcher, as data loaders are: the first one's scope is that of all. */
export const sharedBatcher: WrongUse = {
  name: 'a batch in the scope of the first',
  happen: async (stage) => {
    const { router } = stage;
    const rows = stage.random.shuffled(router.allShards()).map((on) => stage.row(stage.number({ on })));
    const save = batcherOf(stage);
    const answers = await Promise.all(
      rows.map((row) => stage.attempt([row], () => router.withKey(row.number, () => save(row)))),
    );
    return answers.map(told).join(', ');
  },
};

/** Saves the rows that it gets in one turn of the event loop, in one transaction of the caller that came first. */
function batcherOf({ router }: UseStage): (row: UseRow) => Promise<void> {
  let waiting: {
    readonly row: UseRow;
    readonly resolve: () => void;
    readonly reject: (error: unknown) => void;
  }[] = [];
  return (row) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ row, resolve, reject }) > 1) return;
      setImmediate(() => {
        const batch = waiting;
        waiting = [];
        router
          .transaction({ number: row.number }, async (tx) => {
            for (const one of batch) await tx.execute(insertOf(one.row).sql, insertOf(one.row).values);
          })
          .then(
            () => batch.forEach((one) => one.resolve()),
            (error: unknown) => batch.forEach((one) => one.reject(error)),
          );
      });
    });
}
