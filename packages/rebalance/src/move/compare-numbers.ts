import type { BookedMove } from '../sql/move/books.ts';
import { readDirty } from '../sql/move/dirty.ts';
import { fingerprints, fingerprintsOf, type NumberRange, readNumbers } from '../sql/move/rows.ts';
import { MoveDifferenceError } from './errors.ts';
import type { MoveContext } from './move-context.ts';
import { pieces } from './number-ranges.ts';
import { type TableLayout, tableNames } from './table-layout.ts';

/** Numbers whose fingerprints are read at a time. */
const NUMBERS = 1_000;
/** The comparison ends above this many differences: then nothing was ever copied. */
const MOST = 20_000;
const EXAMPLES = 10;

/** The part of a run's context that a comparison needs. A comparison changes nothing. */
export type CompareContext = Pick<MoveContext, 'cluster' | 'tables'>;
type Shards = Pick<BookedMove, 'source' | 'target' | 'bucket'>;

/** Numbers whose rows differ between the two shards, each with a table in which they differ. */
export type Differences = ReadonlyMap<string, string>;

/**
 * Compares all rows of a bucket's ranges on both shards. Reads one fingerprint for each table and range, and compares number
 * by number only where these differ. Reads both shards at once, but they do not answer for the same moment.
 */
export async function compareNumbers(
  context: CompareContext,
  move: Shards,
  ranges: readonly NumberRange[],
): Promise<Differences> {
  const { cluster, tables } = context;
  const found = new Map<string, string>();
  for (const range of ranges) {
    const prints = (shard: number) =>
      cluster.onShard(shard, (session) => fingerprints(session, tables.numbers, move.bucket, range));
    const [here, there] = await Promise.all([prints(move.source), prints(move.target)]);
    for (const layout of tables.numbers) {
      if (tableNames([layout]).every((table) => here.get(table) === there.get(table))) continue;
      for await (const numbers of allNumbers(context, move, layout, range)) {
        for (const [number, table] of await compareSome(context, move, numbers)) found.set(number, table);
        if (found.size > MOST) return found;
      }
    }
  }
  return found;
}

/** Compares all rows of some numbers, in every table, on both shards. */
export async function compareSome(
  { cluster, tables }: CompareContext,
  { source, target, bucket }: Shards,
  numbers: readonly bigint[],
): Promise<Differences> {
  const found = new Map<string, string>();
  const layouts = tables.numbers.flatMap((layout) => [layout, ...layout.dependents]);
  for (const some of pieces(numbers, NUMBERS)) {
    const prints = (shard: number) =>
      cluster.onShard(shard, async (session) => {
        const all = [];
        for (const layout of layouts) all.push(await fingerprintsOf(session, layout, bucket, some));
        return all;
      });
    // Read the target first: a write between the two reads is then on the dirty list of the source.
    const there = await prints(target);
    const here = await prints(source);
    for (const [index, { table }] of layouts.entries()) {
      for (const number of some.map(String)) {
        if (here[index]!.get(number) !== there[index]!.get(number)) found.set(number, table);
      }
    }
  }
  return found;
}

/** Compares numbers that differed once more. Returns those that still differ and are not on the source's dirty list. */
export async function withoutDirty(
  context: CompareContext,
  move: Shards,
  differences: Differences,
): Promise<Differences> {
  if (differences.size === 0) return differences;
  const left = new Map(await compareSome(context, move, [...differences.keys()].map(BigInt)));
  const dirty = await context.cluster.onShard(move.source, (session) =>
    readDirty(session, move.bucket, 1_000_000),
  );
  for (const { number } of dirty) left.delete(number);
  return left;
}

/** Throws when there are differences. */
export function insistOnNone(bucket: number, differences: Differences): void {
  const [first] = differences;
  if (first === undefined) return;
  throw new MoveDifferenceError(bucket, first[1], [...differences.keys()].slice(0, EXAMPLES));
}

/** Yields the numbers of a range that either shard has, some at a time: first the source's, then the target's. */
async function* allNumbers(
  { cluster }: CompareContext,
  { source, target, bucket }: Shards,
  layout: TableLayout,
  range: NumberRange,
): AsyncGenerator<readonly bigint[]> {
  for (const shard of [source, target]) {
    let { from } = range;
    for (;;) {
      const numbers = await cluster.onShard(shard, (session) =>
        readNumbers(session, layout, bucket, { from, to: range.to }, NUMBERS),
      );
      if (numbers.length === 0) break;
      yield numbers;
      from = numbers.at(-1)! + 1n;
    }
  }
}
