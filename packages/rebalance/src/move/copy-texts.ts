import { DuplicateRowError, type ShardSession } from '@ordershard/shard-router';
import type { BookedMove } from '../sql/move/books.ts';
import { insertRows } from '../sql/move/rows.ts';
import { deleteRowsOfTexts, readRowsOfTexts, readTexts } from '../sql/move/text-rows.ts';
import { MoveDifferenceError } from './errors.ts';
import type { Expected } from './fence-steps.ts';
import { durable, type MoveContext } from './move-context.ts';
import type { TextLayout } from './table-layout.ts';

/** Text keys whose rows are copied, or deleted, in one transaction. */
const TEXTS = 500;
/** One statement has about this many UTF-16 units of rows. */
const LENGTH = 1_000_000;

/** Yields the text keys of a bucket that a shard has in a table, as hex, some at a time. */
export async function* textsOf(
  { cluster }: Pick<MoveContext, 'cluster'>,
  shard: number,
  layout: TextLayout,
  bucket: number,
): AsyncGenerator<readonly string[]> {
  let above: string | undefined;
  for (;;) {
    const from = above;
    const texts = await cluster.onShard(shard, (session) => readTexts(session, layout, bucket, from, TEXTS));
    if (texts.length === 0) return;
    yield texts;
    above = texts.at(-1);
  }
}

/**
 * Copies every row of a bucket of text keys. Rows that are written during the copy come later, by the dirty list. Returns how
 * many rows it copied.
 */
export async function copyTexts(context: MoveContext, move: BookedMove, expected: Expected): Promise<number> {
  let rows = 0;
  for (const layout of context.tables.texts) {
    for await (const texts of textsOf(context, move.source, layout, move.bucket)) {
      context.signal.throwIfAborted();
      const copied = await recopyTexts(context, move, texts, expected, [layout]);
      await context.pace.take(copied, context.signal);
      rows += copied;
    }
  }
  return rows;
}

/**
 * Copies all rows of some text keys again, in every table. Deletes in the same transaction what the target had of them.
 * Returns how many rows it copied.
 */
export async function recopyTexts(
  context: MoveContext,
  move: BookedMove,
  texts: readonly string[],
  expected: Expected,
  layouts: readonly TextLayout[] = context.tables.texts,
): Promise<number> {
  const { source, target, bucket } = move;
  const read = await context.cluster.onShard(source, async (session) => {
    const all = [];
    for (const layout of layouts)
      all.push({ layout, rows: await readRowsOfTexts(session, layout, bucket, texts) });
    return all;
  });
  await durable(context, target, async (session) => {
    await expected.hold(session);
    for (const layout of layouts.toReversed()) await deleteRowsOfTexts(session, layout, bucket, texts);
    for (const { layout, rows } of read)
      for (const some of byLength(rows)) await insert(session, layout, bucket, some);
  });
  const count = read.reduce((sum, { rows }) => sum + rows.length, 0);
  context.copied(count);
  return count;
}

async function insert(
  session: ShardSession,
  layout: TextLayout,
  bucket: number,
  rows: readonly string[],
): Promise<void> {
  await insertRows(session, layout, rows).catch((cause: unknown) => {
    if (!(cause instanceof DuplicateRowError)) throw cause;
    throw new MoveDifferenceError(bucket, layout.table, [`a row in the way: ${cause.message}`], { cause });
  });
}

function* byLength(rows: readonly string[]): Generator<readonly string[]> {
  let some: string[] = [];
  let length = 0;
  for (const row of rows) {
    some.push(row);
    length += row.length;
    if (length < LENGTH) continue;
    yield some;
    some = [];
    length = 0;
  }
  if (some.length > 0) yield some;
}

/**
 * Deletes all rows of a bucket of text keys on a shard, in small transactions. Each calls `hold`, which locks the fence that
 * allows the deletion. Returns how many rows are gone.
 */
export async function purgeTexts(
  context: MoveContext,
  shard: number,
  bucket: number,
  hold: (session: ShardSession) => Promise<void>,
): Promise<number> {
  let gone = 0;
  for (const layout of context.tables.texts.toReversed()) {
    for await (const texts of textsOf(context, shard, layout, bucket)) {
      context.signal.throwIfAborted();
      const rows = await durable(context, shard, async (session) => {
        await hold(session);
        return deleteRowsOfTexts(session, layout, bucket, texts);
      });
      gone += rows;
      await context.pace.take(rows, context.signal);
    }
  }
  return gone;
}
