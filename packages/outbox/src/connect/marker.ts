import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { BARRIER_DELAY_MS } from '../relay/progress/watermark.ts';
import type { Shards } from '../relay/shards.ts';
import { probeTransactions } from '../sql/probe-transactions.ts';
import { readBinlogPosition } from '../sql/read-binlog-position.ts';
import { readLastId } from '../sql/read-last-id.ts';
import type { Marker } from './handback.ts';
import { waitFor } from './wait.ts';

/**
 * Takes a marker for each table. It reads the last id, waits until every transaction that may have taken a lower id has
 * ended, and then reads the end of the binary log. Needs the PROCESS and REPLICATION CLIENT privileges.
 *
 * @throws SwitchUnfinishedError when a transaction that writes stays open
 */
export async function takeMarkers(
  shards: Shards,
  shard: number,
  tables: readonly string[],
): Promise<Map<string, Marker>> {
  const last = new Map<string, bigint>();
  for (const table of tables) {
    last.set(table, await shards.onShard(shard, (session) => readLastId(session, table)));
  }
  // As for the gaps of the embedded relay: after this wait, every transaction that took one of these ids has a transaction
  // id.
  await sleep(BARRIER_DELAY_MS);
  let barrier: bigint | undefined;
  await waitFor(`the transactions open on shard ${shard} have ended`, async () => {
    const seen = await shards.onShard(shard, (session) => probeTransactions(session, randomUUID()));
    if (seen === undefined) return false;
    barrier ??= seen.own;
    return seen.oldest >= barrier;
  });
  const position = await shards.onShard(shard, readBinlogPosition);
  return new Map([...last].map(([table, settledId]) => [table, { settledId, position }]));
}
