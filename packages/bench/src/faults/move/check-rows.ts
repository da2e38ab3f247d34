import { withPlain } from '../connect.ts';
import type { Findings } from '../findings.ts';
import { OUTBOX_TABLES } from '../write/check/check.ts';
import { Comparison } from '../write/check/comparison.ts';
import { Ownership } from '../write/check/ownership.ts';
import { itemRows, keyRows, orderRows, outboxRows, unitRows } from '../write/check/rows.ts';
import type { Journal } from '../write/journal.ts';

/**
 * Compares all rows of all shards with what was acknowledged. Moves must be over and cleaned up, and nothing may be written.
 * Events stay where they were written: of those it compares only the content, and not the shard.
 *
 * @param isLeftOut says which orders are not compared
 */
export async function checkRows(
  urls: readonly string[],
  journal: Journal,
  findings: Findings,
  isLeftOut: (number: string) => boolean = () => false,
): Promise<readonly number[]> {
  return withPlain(urls, async (connections) => {
    const ownership = await Ownership.read(connections);
    const comparison = new Comparison(journal, ownership, findings, isLeftOut);
    const orders: number[] = [];
    for (const [shard, connection] of connections.entries()) {
      orders[shard] = 0;
      for await (const row of orderRows(connection)) {
        orders[shard] += 1;
        if (!isLeftOut(row.number)) comparison.order(shard, row);
      }
      for await (const row of itemRows(connection)) if (!isLeftOut(row.number)) comparison.item(shard, row);
      for await (const row of keyRows(connection)) if (!isLeftOut(row.number)) comparison.key(shard, row);
      for await (const row of unitRows(connection)) if (!isLeftOut(row.number)) comparison.unit(shard, row);
      for (const table of OUTBOX_TABLES)
        for await (const row of outboxRows(connection, table))
          if (!isLeftOut(row.aggregateid))
            comparison.event(ownership.ofNumber(row.aggregateid) ?? -1, table, row);
    }
    comparison.finish();
    return orders;
  });
}
