import { DuplicateRowError, type ShardSession } from '@ordershard/shard-router';
import type { BookedMove } from '../sql/move/books.ts';
import {
  deleteRowsOf,
  insertRows,
  type NumberRange,
  readNumbers,
  readRows,
  readRowsOf,
  type RowText,
} from '../sql/move/rows.ts';
import { MoveDifferenceError } from './errors.ts';
import type { Expected } from './fence-steps.ts';
import { durable, type MoveContext } from './move-context.ts';
import { pieces } from './number-ranges.ts';
import { type TableLayout, tableNames } from './table-layout.ts';

/** `ROWS` rows are read at a time; one transaction writes about `ROWS_A_TRANSACTION` rows at the most. */
const ROWS = 2_000;
const ROWS_A_TRANSACTION = 5_000;
/** One statement, or one transaction, has about this many UTF-16 units of rows at the most. */
const LENGTH = 1_000_000;
/** Numbers whose rows are deleted at a time. */
const NUMBERS = 500;

/** Rows of one table that wait for their transaction on the target. */
interface Batch {
  readonly layout: TableLayout;
  readonly texts: string[];
  readonly numbers: Set<string>;
}

/**
 * Copies every row of a bucket's ranges once. Writes some thousand rows in one transaction on the target while it reads the
 * next ones. Rows that are written during the copy come later, by the dirty list. Returns how many rows it copied.
 */
export async function copyNumbers(
  context: MoveContext,
  move: BookedMove,
  ranges: readonly NumberRange[],
  expected: Expected,
): Promise<number> {
  const writer = new ChunkWriter(context, move, expected);
  for (const layout of context.tables.numbers) {
    for (const range of ranges) {
      for await (const rows of chunks(context, move, layout, range)) {
        await writer.add(layout, rows);
        if (layout.dependents.length === 0) continue;
        const numbers = distinct(rows);
        for (const dependent of layout.dependents)
          await writer.add(
            dependent,
            await context.cluster.onShard(move.source, (session) =>
              readRowsOf(session, dependent, move.bucket, numbers),
            ),
          );
      }
    }
  }
  return writer.end();
}

/** Yields the rows of a range, some at a time. All rows of one number are in the same piece. */
async function* chunks(
  { cluster }: MoveContext,
  { source, bucket }: BookedMove,
  layout: TableLayout,
  range: NumberRange,
): AsyncGenerator<readonly RowText[]> {
  let { from } = range;
  for (;;) {
    const rows = await cluster.onShard(source, (session) =>
      readRows(session, layout, bucket, { from, to: range.to }, ROWS),
    );
    if (rows.length < ROWS) {
      if (rows.length > 0) yield rows;
      return;
    }
    const last = rows.at(-1)!.number;
    const whole = rows.filter(({ number }) => number !== last);
    if (whole.length > 0) {
      yield whole;
    } else {
      yield await cluster.onShard(source, (session) => readRowsOf(session, layout, bucket, [BigInt(last)]));
    }
    from = BigInt(last) + (whole.length > 0 ? 0n : 1n);
  }
}

function distinct(rows: readonly RowText[]): bigint[] {
  return [...new Set(rows.map(({ number }) => number))].map(BigInt);
}

/** Writes rows to the target, one transaction after the other, while the caller reads more. */
class ChunkWriter {
  readonly #context: MoveContext;
  readonly #move: BookedMove;
  readonly #expected: Expected;
  #batches: Batch[] = [];
  #rows = 0;
  #length = 0;
  #total = 0;
  #underWay: Promise<void> = Promise.resolve();

  constructor(context: MoveContext, move: BookedMove, expected: Expected) {
    this.#context = context;
    this.#move = move;
    this.#expected = expected;
  }

  async add(layout: TableLayout, rows: readonly RowText[]): Promise<void> {
    for (const { number, text } of rows) {
      let batch = this.#batches.at(-1);
      if (batch?.layout !== layout) {
        batch = { layout, texts: [], numbers: new Set() };
        this.#batches.push(batch);
      }
      batch.texts.push(text);
      batch.numbers.add(number);
      this.#rows += 1;
      this.#length += text.length;
      if (this.#rows >= ROWS_A_TRANSACTION || this.#length >= LENGTH) await this.#flush();
    }
  }

  async end(): Promise<number> {
    await this.#flush();
    await this.#underWay;
    return this.#total;
  }

  async #flush(): Promise<void> {
    await this.#underWay;
    if (this.#rows === 0) return;
    const [batches, rows] = [this.#batches, this.#rows];
    this.#batches = [];
    this.#rows = 0;
    this.#length = 0;
    await this.#context.pace.take(rows, this.#context.signal);
    this.#underWay = this.#write(batches, rows);
    // The next `await` of this promise throws the error.
    this.#underWay.catch(() => undefined);
  }

  async #write(batches: readonly Batch[], rows: number): Promise<void> {
    await durable(this.#context, this.#move.target, async (session) => {
      await this.#expected.hold(session);
      for (const batch of batches) await this.#insert(session, batch);
    });
    this.#total += rows;
    this.#context.copied(rows);
  }

  /**
   * Inserts rows. Only movers write here, so rows in the way are strays without a row of the root: deletes them and inserts
   * again.
   */
  async #insert(session: ShardSession, { layout, texts, numbers }: Batch): Promise<void> {
    try {
      await insertRows(session, layout, texts);
    } catch (error) {
      if (!(error instanceof DuplicateRowError)) throw error;
      const { bucket } = this.#move;
      await deleteRowsOf(session, layout.table, bucket, [...numbers].map(BigInt));
      await insertRows(session, layout, texts).catch((again: unknown) => {
        if (!(again instanceof DuplicateRowError)) throw again;
        throw new MoveDifferenceError(bucket, layout.table, [`a row in the way: ${again.message}`], {
          cause: again,
        });
      });
    }
  }
}

/**
 * Copies all rows of some numbers again, in every table. Deletes in the same transaction what the target had of them. Returns
 * how many rows it copied.
 */
export async function recopyNumbers(
  context: MoveContext,
  move: BookedMove,
  numbers: readonly bigint[],
  expected: Expected,
): Promise<number> {
  const { source, target, bucket } = move;
  const layouts = context.tables.numbers.flatMap((layout) => [layout, ...layout.dependents]);
  const batches = await context.cluster.onShard(source, async (session) => {
    const read: Pick<Batch, 'layout' | 'texts'>[] = [];
    for (const layout of layouts) {
      const rows = await readRowsOf(session, layout, bucket, numbers);
      if (rows.length > 0) read.push({ layout, texts: rows.map(({ text }) => text) });
    }
    return read;
  });
  await durable(context, target, async (session) => {
    await expected.hold(session);
    for (const { table } of layouts.toReversed()) await deleteRowsOf(session, table, bucket, numbers);
    for (const { layout, texts } of batches) await insertRows(session, layout, texts);
  });
  const rows = batches.reduce((sum, { texts }) => sum + texts.length, 0);
  context.copied(rows);
  return rows;
}

/**
 * Deletes all rows of a bucket's ranges on a shard, in small transactions. Each calls `hold`, which locks the fence that
 * allows the deletion. Returns how many rows are gone.
 */
export async function purgeNumbers(
  context: MoveContext,
  shard: number,
  bucket: number,
  ranges: readonly NumberRange[],
  hold: (session: Parameters<Expected['hold']>[0]) => Promise<void>,
): Promise<number> {
  let gone = 0;
  for (const layout of context.tables.numbers) {
    for (const range of ranges) {
      for (;;) {
        const numbers = await context.cluster.onShard(shard, (session) =>
          readNumbers(session, layout, bucket, range, NUMBERS),
        );
        if (numbers.length === 0) break;
        context.signal.throwIfAborted();
        const rows = await durable(context, shard, async (session) => {
          await hold(session);
          let deleted = 0;
          for (const table of tableNames([layout]).toReversed())
            for (const some of pieces(numbers, NUMBERS))
              deleted += await deleteRowsOf(session, table, bucket, some);
          return deleted;
        });
        gone += rows;
        await context.pace.take(rows, context.signal);
      }
    }
  }
  return gone;
}
