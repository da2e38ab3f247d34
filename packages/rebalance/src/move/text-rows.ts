import type { ShardSession } from '@ordershard/shard-router';
import type { BookedMove } from '../sql/move/books.ts';
import { clearDirtyTexts, deleteDirtyTexts, readDirtyTexts } from '../sql/move/dirty-texts.ts';
import { compareSomeTexts, compareTexts, insistOnNoTexts, withoutDirtyTexts } from './compare-texts.ts';
import { copyTexts, purgeTexts, recopyTexts } from './copy-texts.ts';
import type { Expected } from './fence-steps.ts';
import { durable, type MoveContext } from './move-context.ts';
import { pieces } from './number-ranges.ts';

/** Dirty text keys that are copied at a time. */
const DIRTY = 500;

/** The steps of a mover for the rows of a bucket of text keys. */
export class TextRows {
  readonly #context: MoveContext;
  readonly #move: BookedMove;
  /** Keys that were copied again since the comparison of all keys began. */
  readonly #since = new Set<string>();

  constructor(context: MoveContext, move: BookedMove) {
    this.#context = context;
    this.#move = move;
  }

  /** Removes the rows that an earlier move left on the target. */
  async purgeTarget(expected: Expected): Promise<void> {
    const { target, bucket } = this.#move;
    await purgeTexts(this.#context, target, bucket, (session) => expected.hold(session));
  }

  async clearDirty(session: ShardSession): Promise<void> {
    await clearDirtyTexts(session, this.#move.bucket);
  }

  copy(expected: Expected): Promise<number> {
    return copyTexts(this.#context, this.#move, expected);
  }

  /** Copies what was written since, round by round, until a round finds fewer than `few` dirty keys, or none. */
  async catchUp(context: MoveContext, expected: Expected, few: number): Promise<void> {
    const { source, bucket } = this.#move;
    for (;;) {
      context.signal.throwIfAborted();
      const dirty = await context.cluster.onShard(source, (session) =>
        readDirtyTexts(session, bucket, DIRTY),
      );
      if (dirty.length === 0) return;
      const texts = [...new Set(dirty.map(({ text }) => text))];
      await recopyTexts(context, this.#move, texts, expected);
      for (const text of texts) this.#since.add(text);
      const seqs = dirty.map(({ seq }) => seq);
      await durable(context, source, (session) => deleteDirtyTexts(session, seqs));
      if (dirty.length < few) return;
    }
  }

  /** Compares both shards while the source still takes writes. */
  async verify(catchUp: () => Promise<void>): Promise<void> {
    this.#since.clear();
    const differences = await compareTexts(this.#context, this.#move);
    if (differences.size === 0) return;
    await catchUp();
    insistOnNoTexts(this.#move.bucket, await withoutDirtyTexts(this.#context, this.#move, differences));
  }

  /**
   * Compares while writes wait: all rows if `whole`, otherwise only the keys that were copied since the full comparison
   * began.
   */
  async compareLast(context: MoveContext, whole: boolean): Promise<void> {
    if (whole) return insistOnNoTexts(this.#move.bucket, await compareTexts(context, this.#move));
    for (const some of pieces([...this.#since], DIRTY))
      insistOnNoTexts(this.#move.bucket, await compareSomeTexts(context, this.#move, some));
  }
}
