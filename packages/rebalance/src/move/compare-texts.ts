import type { BookedMove } from '../sql/move/books.ts';
import { readDirtyTexts } from '../sql/move/dirty-texts.ts';
import { fingerprintOfBucket, fingerprintsOfTexts } from '../sql/move/text-rows.ts';
import { type CompareContext, type Differences, insistOnNone } from './compare-numbers.ts';
import { textsOf } from './copy-texts.ts';
import { MoveDifferenceError } from './errors.ts';
import { pieces } from './number-ranges.ts';

type Shards = Pick<BookedMove, 'source' | 'target' | 'bucket'>;

const TEXTS = 500;
/** The comparison ends above this many differences: then nothing was ever copied. */
const MOST = 20_000;
const EXAMPLES = 10;

/** Compares all rows of a bucket of text keys on both shards: each table as a whole, and key by key only where it differs. */
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

/** Compares all rows of some text keys, in every table, on both shards. */
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
      // Read the target first: a write between the two reads is then on the dirty list of the source.
      const there = await prints(target);
      const here = await prints(source);
      for (const text of some) if (here.get(text) !== there.get(text)) found.set(text, layout.table);
    }
  }
  return found;
}

/** Compares text keys that differed once more. Returns those that still differ and are not on the source's dirty list. */
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

/** Throws when there are differences. The error shows the keys as text, not as hex. */
export function insistOnNoTexts(bucket: number, differences: Differences): void {
  insistOnNone(bucket, new Map([...differences].map(([hex, table]) => [shown(hex), table])));
}

/**
 * Throws when the target of a switched move lacks a key that the source still has: the target was as new as the source, or
 * newer. Skips tables with `endsAlone`.
 */
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
