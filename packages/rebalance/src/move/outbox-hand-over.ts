import type { ShardSession } from '@ordershard/shard-router';
import type { BookedMove } from '../sql/move/books.ts';
import {
  countUnsettledOf,
  discardParkedRows,
  hasParkedRows,
  readParkedRows,
  readRelayRows,
} from '../sql/move/outbox.ts';
import { insertRows } from '../sql/move/rows.ts';
import type { MoveContext } from './move-context.ts';
import type { TableLayout } from './table-layout.ts';

/** Counts the events of a bucket that its source has not published yet. */
export async function unsettledOf(context: MoveContext, { source, bucket }: BookedMove): Promise<number> {
  const tables = context.tables.outboxes.map(({ table }) => table);
  if (tables.length === 0) return 0;
  return context.cluster.onShard(source, async (session) =>
    // Read the relay's progress first: the count may then include an event that was settled in between, but never misses one.
    countUnsettledOf(session, tables, await readRelayRows(session), bucket),
  );
}

/** Parked events of a bucket, by table. */
export type ParkedRows = readonly { readonly layout: TableLayout; readonly texts: readonly string[] }[];

/** Reads the parked events of a bucket while its writes wait. */
export async function parkedOf(context: MoveContext, { source, bucket }: BookedMove): Promise<ParkedRows> {
  return context.cluster.onShard(source, async (session) => {
    const parked: { layout: TableLayout; texts: readonly string[] }[] = [];
    if (context.tables.outboxes.length === 0 || !(await hasParkedRows(session, bucket))) return parked;
    for (const layout of context.tables.outboxes) {
      const texts = await readParkedRows(session, layout, bucket);
      if (texts.length > 0) parked.push({ layout, texts });
    }
    return parked;
  });
}

/**
 * Puts parked events into the target's outbox, before the target may write events of its own. The target's relay tries them
 * again, and parks what Kafka still refuses, with what comes after it.
 */
export async function appendParked(session: ShardSession, parked: ParkedRows): Promise<void> {
  for (const { layout, texts } of parked) await insertRows(session, layout, texts);
}

/** Discards on the source the parked events of a bucket that has moved: they are the target's now. */
export async function forgetParked(
  context: MoveContext,
  session: ShardSession,
  { bucket, target }: BookedMove,
): Promise<void> {
  for (const { table } of context.tables.outboxes) await discardParkedRows(session, table, bucket, target);
}
