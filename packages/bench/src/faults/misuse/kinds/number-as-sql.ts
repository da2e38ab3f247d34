import { sql } from '@ordershard/shard-router';
import { isThere, placeBystander } from '../bystanders.ts';
import { told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** SQL text in the place of a number, as plain JavaScript lets it come from a request. */
export const numberAsSql: WrongUse = {
  name: 'SQL text as a number',
  happen: async (stage) => {
    const { router, truth } = stage;
    const shards = router.allShards();
    const bystander = await placeBystander(truth, shards);
    const take = `DELETE FROM bystanders WHERE id = ${bystander.id}`;
    const read = await stage.watch(() =>
      router.readRows(
        `0; SET SESSION TRANSACTION READ WRITE; ${take}; SELECT 1 WHERE 1 = 0 AND 1 ` as unknown as bigint,
        sql`SELECT 1 AS one`,
      ),
    );
    const begun = await stage.watch(() =>
      router.transaction({ number: `0, 0, 0); ${take}; SELECT (1` as unknown as bigint }, (tx) =>
        tx.query('SELECT 1'),
      ),
    );
    const written = await stage.watch(() =>
      router.write({ number: `0]', NULL, NULL, NULL, NULL); ${take}; -- ` as unknown as bigint }, () => ({
        statements: [sql`DELETE FROM uses WHERE number = ${0n}`],
      })),
    );
    for (const shard of shards)
      if (!(await isThere(truth, shard, bystander)))
        stage.violation(`a number's text was run as SQL on shard ${shard}`);
    for (const answer of [read, begun, written])
      if (answer.outcome === 'acknowledged') stage.violation('a text was taken for a number');
    return [read, begun, written].map(told).join(', ');
  },
};
