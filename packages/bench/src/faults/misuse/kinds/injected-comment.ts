import { sql } from '@ordershard/shard-router';
import { isThere, placeBystander } from '../bystanders.ts';
import { told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** A text of a user that ends a comment of the application's and goes on as SQL. */
export const injectedComment: WrongUse = {
  name: 'SQL in a text behind a comment',
  happen: async (stage) => {
    const { router, truth } = stage;
    const number = stage.number();
    const shard = router.shardOf(number);
    const bystander = await placeBystander(truth, [shard]);
    const take = `DELETE FROM bystanders WHERE id = ${bystander.id}; COMMIT; -- `;
    const text = `hello\n; ${take}`;
    const select = `hello\nSELECT 1, '', 2, '' FROM DUAL WHERE 0; ${take}`;
    const [row, other] = [stage.row(number, text), stage.row(number, select)];
    const one = await stage.attempt([row], () =>
      router.write({ number, fresh: true }, ({ bucket }) => ({
        statements: [
          sql`UPDATE uses SET body = 'x' WHERE number = ${number} AND id = 'none' -- by primary key`,
          sql`INSERT INTO uses (number, id, bucket, body) VALUES (${number}, ${row.id}, ${bucket}, ${text})`,
        ],
      })),
    );
    const two = await stage.attempt([other], () =>
      router.write({ number, fresh: true }, ({ bucket }) => ({
        statements: [
          sql`INSERT INTO uses (number, id, bucket, body) -- the bucket is the number's
              VALUES (${number}, ${other.id}, ${bucket}, ${select})`,
        ],
      })),
    );
    if (!(await isThere(truth, shard, bystander))) stage.violation('a text of a user was run as SQL');
    return `${told(one)}, ${told(two)}`;
  },
};
