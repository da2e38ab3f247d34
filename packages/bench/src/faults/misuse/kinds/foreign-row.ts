import type { UseRow } from '../claims.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** A row of a number of another shard, with the bucket of that number. */
export const foreignBucket = foreignRow('a row of another bucket', (row) => row.bucket);

/** A row of a number of another shard, with the bucket of the number which is written to. */
export const foreignNumber = foreignRow('a row of another number with this bucket', (_, own) => own.bucket);

/** Writes rows of another number in a unit of a number and in its transaction, by the transaction's handle and by the pool. */
function foreignRow(name: string, bucketOf: (row: UseRow, own: UseRow) => number): WrongUse {
  return {
    name,
    happen: async (stage) => {
      const { router, random } = stage;
      const [number, foreign] = random
        .shuffled(router.allShards())
        .slice(0, 2)
        .map((on) => stage.number({ on })) as [bigint, bigint];
      const own = stage.row(number);
      const write = async (send: (row: UseRow) => Promise<unknown>) => {
        const row = stage.row(foreign);
        const wrong = { ...row, bucket: bucketOf(row, own) };
        const answer = await stage.attempt([wrong], () => send(wrong));
        if (answer.outcome === 'acknowledged')
          stage.violation('a row was taken on a shard that does not own it');
        return told(answer);
      };
      const answers = [
        await write((row) => router.write({ number }, () => ({ statements: [insertOf(row)] }))),
        await write((row) =>
          router.transaction({ number }, async (tx) => {
            for (const { sql, values } of [insertOf(own), insertOf(row)]) await tx.execute(sql, values);
          }),
        ),
        await write((row) =>
          router.transaction({ number }, () =>
            router.pool.promise().query(insertOf(row).sql, insertOf(row).values),
          ),
        ),
      ];
      stage.claim([own], 'refused');
      return answers.join(', ');
    },
  };
}
