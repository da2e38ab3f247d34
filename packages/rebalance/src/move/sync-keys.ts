import type { BookedMove } from '../sql/move/books.ts';
import { deleteKeyRows, insertRows, keyRowHashes, readKeyRows } from '../sql/move/rows.ts';
import type { Expected } from './fence-steps.ts';
import { cellsOf, durable, type MoveContext } from './move-context.ts';
import { pieces } from './number-ranges.ts';

/** Rows that one transaction writes at the most. */
const ROWS = 500;

/**
 * Makes the target's rows of a bucket of keys the same as the source's: compares the hash of each row and copies the rows
 * that differ. A bucket of keys has only the rows of one day, so this replaces copy, dirty list and verify.
 *
 * @returns how many rows were written or deleted
 */
export async function syncKeys(context: MoveContext, move: BookedMove, expected: Expected): Promise<number> {
  const { source, target, bucket } = move;
  const generations = cellsOf(move).map(({ at }) => at);
  let changed = 0;
  for (const layout of context.tables.keys) {
    const hashes = (shard: number) =>
      context.cluster.onShard(shard, (session) => keyRowHashes(session, layout, bucket, generations));
    const [here, there] = await Promise.all([hashes(source), hashes(target)]);
    const gone = [...there].filter(([key, hash]) => here.get(key) !== hash).map(([key]) => key);
    const fresh = [...here].filter(([key, hash]) => there.get(key) !== hash).map(([key]) => key);
    for (const some of pieces(gone, ROWS)) {
      await durable(context, target, async (session) => {
        await expected.hold(session);
        await deleteKeyRows(session, layout, some);
      });
    }
    for (const some of pieces(fresh, ROWS)) {
      const texts = await context.cluster.onShard(source, (session) => readKeyRows(session, layout, some));
      if (texts.length === 0) continue;
      await context.pace.take(texts.length, context.signal);
      await durable(context, target, async (session) => {
        await expected.hold(session);
        await insertRows(session, layout, texts);
      });
      context.copied(texts.length);
    }
    changed += gone.length + fresh.length;
  }
  return changed;
}

/** Deletes the rows of a bucket of keys on a shard, in small transactions that each `hold` its fence. */
export async function purgeKeys(
  context: MoveContext,
  shard: number,
  move: BookedMove,
  hold: (session: Parameters<Expected['hold']>[0]) => Promise<void>,
): Promise<number> {
  const generations = cellsOf(move).map(({ at }) => at);
  let gone = 0;
  for (const layout of context.tables.keys) {
    const keys = await context.cluster.onShard(shard, (session) =>
      keyRowHashes(session, layout, move.bucket, generations),
    );
    for (const some of pieces([...keys.keys()], ROWS)) {
      context.signal.throwIfAborted();
      gone += await durable(context, shard, async (session) => {
        await hold(session);
        return deleteKeyRows(session, layout, some);
      });
      await context.pace.take(some.length, context.signal);
    }
  }
  return gone;
}
