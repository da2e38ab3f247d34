import type { BookedMove } from '../sql/move/books.ts';
import { setCopied, setStep, setSwitched, supersedeMoves } from '../sql/move/books.ts';
import { clearDirty, deleteDirty, readDirty } from '../sql/move/dirty.ts';
import { readFences, setLowerEnds } from '../sql/move/fences.ts';
import { compareNumbers, compareSome, insistOnNone, withoutDirty } from './compare-numbers.ts';
import { copyNumbers, purgeNumbers, recopyNumbers } from './copy-numbers.ts';
import { RelayBehindError } from './errors.ts';
import { changeFences, Expected, expectBucket, expectFences, setFences } from './fence-steps.ts';
import { cellsOf, durable, type MoveContext, pauseRun, RunDiedError } from './move-context.ts';
import { mergedRanges } from './number-ranges.ts';
import { appendParked, forgetParked, parkedOf, unsettledOf } from './outbox-hand-over.ts';
import { syncKeys } from './sync-keys.ts';
import { TextRows } from './text-rows.ts';

/** How many dirty numbers the mover reads and copies at a time. */
const DIRTY = 500;
/** The mover freezes a bucket only after a catch-up round with fewer dirty numbers than this. */
const FEW_DIRTY = 50;
/** The mover compares a bucket with at most this many rows as a whole once more while its writes wait. */
const FEW_ROWS = 10_000;
/** How often the mover checks whether the last events are published. Milliseconds. */
const LOOK_MS = 5;
/** States of a fence whose shard owns the bucket and is open for writes; `capturing` while a move copies the bucket. */
const OPEN = ['owned', 'carried', 'capturing'];

/** How a bucket was moved. */
export interface Moved {
  readonly rows: number;
  /** How long its writes waited, milliseconds; null when another run did the switch. */
  readonly pauseMs: number | null;
}

/** Moves one bucket to its end. Begins where the bucket's fences say that an earlier run has stopped. */
export class BucketMover {
  readonly #context: MoveContext;
  readonly #move: BookedMove;
  /** The same context for the time while writes wait: the caller cannot abort it, only a lost lease can. */
  readonly #sure: MoveContext;
  /** Set for a bucket of text keys. */
  readonly #texts: TextRows | undefined;
  /** Numbers that were copied again since the comparison of all numbers began. */
  readonly #since = new Set<bigint>();
  #rows: number;

  constructor(context: MoveContext, move: BookedMove) {
    this.#context = context;
    this.#sure = { ...context, signal: context.leases.signal };
    this.#move = move;
    this.#texts = move.kind === 'texts' ? new TextRows(context, move) : undefined;
    this.#rows = Number(move.row_count);
  }

  /**
   * @throws MoveDifferenceError, FenceStateError, LongTransactionError, RelayBehindError: then the source's bucket is open
   * @throws OperationLeaseLostError, and what a shard that is down throws
   */
  async run(): Promise<Moved> {
    if (await this.#targetOwns()) return this.#giveAway(undefined);
    await expectBucket(this.#context, this.#move);
    const expected = await Expected.read(this.#context, this.#move);
    await this.#after('importing');
    if (!(await this.#goesOn())) await this.#copyAll(expected);
    await this.#catchUp(expected, FEW_DIRTY);
    await this.#after('caught_up');
    await this.#verify(expected);
    await this.#after('verified');
    for (let tries = 1; ; tries += 1) {
      await this.#catchUp(expected, FEW_DIRTY);
      const begunAt = await this.#freeze();
      let settled = false;
      try {
        await this.#after('frozen');
        settled = await this.#settle(expected, begunAt);
      } catch (error) {
        if (!(error instanceof RunDiedError)) await this.#thaw(error);
        throw error;
      }
      if (settled) return this.#switch(expected, begunAt);
      await this.#thaw(undefined);
      if (tries >= this.#context.limits.switchTries)
        throw new RelayBehindError(
          `bucket ${this.#move.bucket}: its last events were not published in time, ${tries} times`,
        );
      await pauseRun(this.#context, 200 * Math.min(tries, 10));
    }
  }

  get #numbers(): boolean {
    return this.#move.kind === 'numbers';
  }

  #after(step: Parameters<MoveContext['after']>[1]): Promise<void> {
    return this.#context.after(this.#move, step);
  }

  async #targetOwns(): Promise<boolean> {
    const { target, kind, bucket } = this.#move;
    const fences = await this.#context.cluster.onShard(target, (session) =>
      readFences(session, kind, bucket),
    );
    return cellsOf(this.#move).every(({ at }) =>
      ['owned', 'carried', 'capturing', 'frozen'].includes(
        fences.find((fence) => fence.at === at)?.state ?? '',
      ),
    );
  }

  /**
   * Returns true when an earlier run has copied everything and the source has captured writes ever since. Then it also sets
   * the source's fences to `capturing`.
   */
  async #goesOn(): Promise<boolean> {
    const { source, target, step } = this.#move;
    if (step !== 'copied' && step !== 'frozen') return false;
    const { result } = await changeFences(this.#context, source, this.#move, async (session, fences) => {
      expectFences(source, this.#move, fences, [...OPEN, 'frozen']);
      if (fences.some(({ next_owner: owner }) => owner !== target)) return false;
      await this.#setCapturing(session);
      return true;
    });
    return result;
  }

  async #setCapturing(session: Parameters<typeof setFences>[0]): Promise<void> {
    const { target } = this.#move;
    await setFences(
      session,
      this.#move,
      ({ becomes }) => (becomes === 'carried' ? becomes : 'capturing'),
      target,
    );
  }

  async #copyAll(expected: Expected): Promise<void> {
    const { source, target, kind, bucket } = this.#move;
    const ranges = mergedRanges(cellsOf(this.#move));
    if (this.#numbers) {
      await purgeNumbers(this.#context, target, bucket, ranges, (session) => expected.hold(session));
    }
    await this.#texts?.purgeTarget(expected);
    await durable(this.#context, target, (session) => supersedeMoves(session, kind, bucket));
    await this.#after('purged');
    await changeFences(this.#context, source, this.#move, async (session, fences) => {
      expectFences(source, this.#move, fences, [...OPEN, 'frozen']);
      await this.#setCapturing(session);
      if (this.#numbers) await clearDirty(session, bucket);
      await this.#texts?.clearDirty(session);
      await setStep(session, this.#move, 'capturing');
    });
    await this.#after('capturing');
    this.#rows = this.#numbers
      ? await copyNumbers(this.#context, this.#move, ranges, expected)
      : await (this.#texts?.copy(expected) ?? syncKeys(this.#context, this.#move, expected));
    await durable(this.#context, source, (session) => setCopied(session, this.#move, this.#rows));
    await this.#after('copied');
  }

  /** Copies what was written since, round by round, until a round finds fewer than `few` dirty numbers, or none. */
  async #catchUp(expected: Expected, few: number, context = this.#context): Promise<void> {
    const { source, bucket } = this.#move;
    if (this.#texts !== undefined) return this.#texts.catchUp(context, expected, few);
    if (!this.#numbers) {
      if (few > 0) await syncKeys(context, this.#move, expected);
      return;
    }
    for (;;) {
      context.signal.throwIfAborted();
      const dirty = await context.cluster.onShard(source, (session) => readDirty(session, bucket, DIRTY));
      if (dirty.length === 0) return;
      const numbers = [...new Set(dirty.map(({ number }) => number))].map(BigInt);
      await recopyNumbers(context, this.#move, numbers, expected);
      for (const number of numbers) this.#since.add(number);
      await durable(context, source, (session) =>
        deleteDirty(
          session,
          dirty.map(({ seq }) => seq),
        ),
      );
      if (dirty.length < few) return;
    }
  }

  /** Compares both shards while the source still takes writes. */
  async #verify(expected: Expected): Promise<void> {
    await this.#texts?.verify(() => this.#catchUp(expected, FEW_DIRTY));
    if (!this.#numbers) return;
    this.#since.clear();
    const ranges = mergedRanges(cellsOf(this.#move));
    const differences = await compareNumbers(this.#context, this.#move, ranges);
    if (differences.size === 0) return;
    await this.#catchUp(expected, FEW_DIRTY);
    insistOnNone(this.#move.bucket, await withoutDirty(this.#context, this.#move, differences));
  }

  /** Makes writes of the bucket wait. Returns the time since when they may wait, on the clock of `performance.now()`. */
  async #freeze(): Promise<number> {
    const { source } = this.#move;
    const { begunAt } = await changeFences(this.#sure, source, this.#move, async (session, fences) => {
      expectFences(source, this.#move, fences, OPEN);
      await setFences(session, this.#move, () => 'frozen', this.#move.target);
      await setStep(session, this.#move, 'frozen');
    });
    return begunAt;
  }

  /**
   * Opens the source for writes again. When the shard is down or the lease is lost, the bucket stays frozen until an operator
   * resumes the move.
   */
  async #thaw(cause: unknown): Promise<void> {
    const { source } = this.#move;
    const opened = changeFences(this.#sure, source, this.#move, async (session, fences) => {
      expectFences(source, this.#move, fences, ['frozen']);
      await this.#setCapturing(session);
      await setStep(session, this.#move, 'copied');
    });
    await (cause === undefined ? opened : opened.catch(() => undefined));
  }

  /**
   * While writes wait: copies the rest, compares it, and waits until its events are published. Returns false when that takes
   * too long.
   */
  async #settle(expected: Expected, begunAt: number): Promise<boolean> {
    if (this.#move.kind === 'keys') {
      await syncKeys(this.#sure, this.#move, expected);
      return true;
    }
    await this.#catchUp(expected, 0, this.#sure);
    if (this.#texts !== undefined) {
      await this.#texts.compareLast(this.#sure, this.#rows <= FEW_ROWS);
      return true;
    }
    const ranges = mergedRanges(cellsOf(this.#move));
    insistOnNone(
      this.#move.bucket,
      this.#rows <= FEW_ROWS
        ? await compareNumbers(this.#sure, this.#move, ranges)
        : await compareSome(this.#sure, this.#move, [...this.#since]),
    );
    while ((await unsettledOf(this.#sure, this.#move)) > 0) {
      if (performance.now() - begunAt > this.#sure.limits.freezeMs) return false;
      await pauseRun(this.#sure, LOOK_MS);
    }
    return performance.now() - begunAt <= 2 * this.#sure.limits.freezeMs;
  }

  /** The point of no return: the target becomes the owner. */
  async #switch(expected: Expected, begunAt: number): Promise<Moved> {
    const { source, target, kind, bucket } = this.#move;
    const [parked, ends] = await Promise.all([
      this.#numbers ? parkedOf(this.#sure, this.#move) : [],
      this.#sure.cluster.onShard(source, (session) => readFences(session, kind, bucket)),
    ]);
    try {
      await changeFences(this.#sure, target, this.#move, async (session, fences) => {
        expected.check(fences, target);
        await appendParked(session, parked);
        for (const end of ends) {
          if (this.#numbers && cellsOf(this.#move).some(({ at }) => at === end.at))
            await setLowerEnds(session, bucket, end);
        }
        await setFences(session, this.#move, ({ becomes }) => becomes, null);
      });
    } catch (error) {
      if (!(await this.#wasSwitched())) {
        await this.#thaw(error);
        throw error;
      }
    }
    await this.#after('owned');
    return this.#giveAway(begunAt);
  }

  /**
   * Returns whether a switch whose answer was lost took place. Asks under the lock that the switch holds until its end, so
   * that the switch cannot take place later. Throws when the target does not answer: then nobody may open the source.
   */
  async #wasSwitched(): Promise<boolean> {
    const { result } = await changeFences(
      this.#sure,
      this.#move.target,
      this.#move,
      async (_session, fences) => fences.every(({ state }) => OPEN.includes(state)),
    );
    return result;
  }

  /** Sets the source's fences to `moved`: from then on the source sends all callers to the target. */
  async #giveAway(begunAt: number | undefined): Promise<Moved> {
    const { source, target, bucket } = this.#move;
    const { result } = await changeFences(this.#sure, source, this.#move, async (session, fences) => {
      expectFences(source, this.#move, fences, ['frozen', 'moved']);
      await setFences(session, this.#move, () => 'moved', target);
      if (this.#numbers) {
        await forgetParked(this.#sure, session, this.#move);
        await clearDirty(session, bucket);
      }
      await this.#texts?.clearDirty(session);
      const pauseMs = begunAt === undefined ? null : Math.round(performance.now() - begunAt);
      await setSwitched(session, this.#move, this.#rows, pauseMs);
      return pauseMs;
    });
    await this.#after('moved');
    return { rows: this.#rows, pauseMs: result };
  }
}
