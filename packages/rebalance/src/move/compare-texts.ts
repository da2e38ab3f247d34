import type { BookedMove } from '../sql/move/books.ts';
import { readDirtyTexts } from '../sql/move/dirty-texts.ts';
import { fingerprintOfBucket, fingerprintsOfTexts } from '../sql/move/text-rows.ts';
import { type CompareContext, type Differences, insistOnNone } from './compare-numbers.ts';
import { textsOf } from './copy-texts.ts';
import { MoveDifferenceError } from './errors.ts';
import { pieces } from './number-ranges.ts';

type Shards = Pick<BookedMove, 'source' | 'target' | 'bucket'>;

const TEXTS = 500;
/** With more differences than these nothing was ever copied. */
const MOST = 20_000;
const EXAMPLES = 10;

/** Compares all rows of a bucket of text keys on both shards: as a whole, and key by key only where that differs. */
export async function compareTexts(context: CompareContext, move: Shards): Promise<Differences> {
  const { cluster, tables } = context;
  const found = new Map<string, string>();
  for (const layout of tables.texts) {
    const print = (shard: number) =>
      cluster.onShard(shard, (session) => fingerprintOfBucket(session, layout, move.bucket));
    const [here, there] = await Promise.all([print(move.source), print(move.target)]);
    if (here === there) continue;
    for (const shard of [move.source, move.target]) {
      for await (const texts of textsOf(context, shard, layout, move.bucket)) {
        for (const [text, table] of await compareSomeTexts(context, move, texts)) found.set(text, table);
        if (found.size > MOST) return found;
      }
    }
  }
  return found;
}

/** Compares some text keys on both shards, all that they have in any table. */
export async function compareSomeTexts(
  { cluster, tables }: CompareContext,
  { source, target, bucket }: Shards,
  texts: readonly string[],
): Promise<Differences> {
  const found = new Map<string, string>();
  for (const some of pieces(texts, TEXTS)) {
    for (const layout of tables.texts) {
      const prints = (shard: number) =>
        cluster.onShard(shard, (session) => fingerprintsOfTexts(session, layout, bucket, some));
      // The target first: what is written meanwhile is on the dirty list of the source.
      const there = await prints(target);
      const here = await prints(source);
      for (const text of some) if (here.get(text) !== there.get(text)) found.set(text, layout.table);
    }
  }
  return found;
}

/** Of text keys that were not the same, those that still are not, and were not written meanwhile. */
export async function withoutDirtyTexts(
  context: CompareContext,
  move: Shards,
  differences: Differences,
): Promise<Differences> {
  if (differences.size === 0) return differences;
  const left = new Map(await compareSomeTexts(context, move, [...differences.keys()]));
  const dirty = await context.cluster.onShard(move.source, (session) =>
    readDirtyTexts(session, move.bucket, 1_000_000),
  );
  for (const { text } of dirty) left.delete(text);
  return left;
}

/** Throws when there are differences, with the keys as they are written. */
export function insistOnNoTexts(bucket: number, differences: Differences): void {
  insistOnNone(bucket, new Map([...differences].map(([hex, table]) => [shown(hex), table])));
}

/** Throws when the target of a move that was switched lacks a key that the source still has: it was as new, or newer. */
export async function insistOnThere(context: CompareContext, move: Shards): Promise<void> {
  for (const layout of context.tables.texts) {
    if (layout.endsAlone) continue;
    for await (const texts of textsOf(context, move.source, layout, move.bucket)) {
      const there = await context.cluster.onShard(move.target, (session) =>
        fingerprintsOfTexts(session, layout, move.bucket, texts),
      );
      const missing = texts.filter((text) => !there.has(text));
      if (missing.length > 0)
        throw new MoveDifferenceError(move.bucket, layout.table, missing.slice(0, EXAMPLES).map(shown));
    }
  }
}

const shown = (hex: string) => Buffer.from(hex, 'hex').toString();
