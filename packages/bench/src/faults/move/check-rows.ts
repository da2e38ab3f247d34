import { withPlain } from '../connect.ts';
import type { Findings } from '../findings.ts';
import { OUTBOX_TABLES } from '../write/check/check.ts';
import { Comparison } from '../write/check/comparison.ts';
import { Ownership } from '../write/check/ownership.ts';
import { itemRows, keyRows, orderRows, outboxRows, unitRows } from '../write/check/rows.ts';
import type { Journal } from '../write/journal.ts';

/**
 * Compares all rows of all shards with what was acknowledged, once moves are over and cleaned up and nothing is written.
 * Events are left where they were written: of those only the content is compared, and not the shard.
 */
export async function checkRows(
  urls: readonly string[],
  journal: Journal,
  findings: Findings,
): Promise<readonly number[]> {
  return withPlain(urls, async (connections) => {
    const ownership = await Ownership.read(connections);
    const comparison = new Comparison(journal, ownership, findings);
    const orders: number[] = [];
    for (const [shard, connection] of connections.entries()) {
      orders[shard] = 0;
      for await (const row of orderRows(connection)) {
        orders[shard] += 1;
        comparison.order(shard, row);
      }
      for await (const row of itemRows(connection)) comparison.item(shard, row);
      for await (const row of keyRows(connection)) comparison.key(shard, row);
      for await (const row of unitRows(connection)) comparison.unit(shard, row);
      for (const table of OUTBOX_TABLES)
        for await (const row of outboxRows(connection, table))
          comparison.event(ownership.ofNumber(row.aggregateid) ?? -1, table, row);
    }
    comparison.finish();
    return orders;
  });
}
