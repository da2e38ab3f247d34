import type { ShardSession } from '@ordershard/shard-router';
import type { BookedMove } from '../sql/move/books.ts';
import { countUnsettledRows, discardParkedRows, readParkedRows, readRelayRow } from '../sql/move/outbox.ts';
import { insertRows } from '../sql/move/rows.ts';
import type { MoveContext } from './move-context.ts';
import type { TableLayout } from './table-layout.ts';

/** How many events of a bucket its source has not published yet. */
export async function unsettledOf(context: MoveContext, { source, bucket }: BookedMove): Promise<number> {
  return context.cluster.onShard(source, async (session) => {
    let rows = 0;
    for (const { table } of context.tables.outboxes) {
      // How far it is comes first: what is settled meanwhile is counted once too often, and not once too seldom.
      const relay = await readRelayRow(session, table);
      rows += (await countUnsettledRows(session, table, relay, bucket)).rows;
    }
    return rows;
  });
}

/** Parked events of a bucket, by table. */
export type ParkedRows = readonly { readonly layout: TableLayout; readonly texts: readonly string[] }[];

/** Reads the parked events of a bucket whose writes wait. */
export async function parkedOf(context: MoveContext, { source, bucket }: BookedMove): Promise<ParkedRows> {
  return context.cluster.onShard(source, async (session) => {
    const parked = [];
    for (const layout of context.tables.outboxes) {
      const texts = await readParkedRows(session, layout, bucket);
      if (texts.length > 0) parked.push({ layout, texts });
    }
    return parked;
  });
}

/**
 * Puts parked events into the target's outbox, before it may write any of its own: its relay tries them again, and parks
 * what Kafka still refuses, with what comes after it.
 */
export async function appendParked(session: ShardSession, parked: ParkedRows): Promise<void> {
  for (const { layout, texts } of parked) await insertRows(session, layout, texts);
}

/** Takes the parked events of a bucket that has moved out of the source's hands. */
export async function forgetParked(
  context: MoveContext,
  session: ShardSession,
  { bucket, target }: BookedMove,
): Promise<void> {
  for (const { table } of context.tables.outboxes) await discardParkedRows(session, table, bucket, target);
}
