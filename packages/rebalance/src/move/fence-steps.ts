import type { ShardSession } from '@ordershard/shard-router';
import type { BookedMove, MovingCell } from '../sql/move/books.ts';
import {
  deleteNumbersFence,
  type FenceCell,
  insertNumbersFence,
  isTooLate,
  lockAllFences,
  lockFences,
  readFences,
  setFence,
  shareFences,
} from '../sql/move/fences.ts';
import {
  endConnection,
  hasLockInstruments,
  holdersOfFence,
  holdersOfRows,
} from '../sql/move/long-transactions.ts';
import { cutFences } from './cut-fences.ts';
import { FenceStateError, LongTransactionError } from './errors.ts';
import { cellsOf, durable, type MoveContext, pauseRun } from './move-context.ts';

/** How often the mover asks a shard who holds a fence. Milliseconds. */
const LOOK_MS = 1_000;

/**
 * Runs a durable step that changes fences of a bucket, under exclusive locks on them. Waits only a moment for the locks,
 * because writes of the bucket wait just as long, and tries again a little later. Ends a transaction that holds the fence all
 * the time.
 *
 * @returns what `fn` returns, and when the try that succeeded began, on the clock of `performance.now()`
 * @throws LongTransactionError when the fence is still held after three times `longTransactionMs`
 */
export async function changeFences<T>(
  context: MoveContext,
  shard: number,
  move: BookedMove,
  fn: (session: ShardSession, fences: readonly FenceCell[]) => Promise<T>,
  lock: typeof lockAllFences = lockCells(move),
): Promise<{ readonly result: T; readonly begunAt: number }> {
  const { fenceWaitMs, longTransactionMs } = context.limits;
  const startedAt = performance.now();
  const holders = new Holders(context, shard, move);
  for (let tries = 0; ; tries += 1) {
    const begunAt = performance.now();
    try {
      const result = await durable(context, shard, async (session) =>
        fn(session, await lock(session, move.kind, move.bucket, fenceWaitMs)),
      );
      return { result, begunAt };
    } catch (error) {
      if (!isTooLate(error)) throw error;
      if (performance.now() - startedAt > 3 * longTransactionMs)
        throw new LongTransactionError(
          `bucket ${move.bucket} on shard ${shard}: its fence is held, at last by the connections ${holders.seen}`,
          { cause: error },
        );
    }
    await holders.look();
    // The pause is longer than the wait for the lock, so that writes of the bucket get most of the time.
    await pauseRun(context, fenceWaitMs * (2 + Math.min(tries, 4) + Math.random()));
  }
}

/** Locks the fences of a move. */
function lockCells(move: BookedMove): typeof lockAllFences {
  const cells = cellsOf(move).map(({ at }) => at);
  return (session, kind, bucket, waitMs) => lockFences(session, kind, bucket, cells, waitMs);
}

/** The transactions that hold a fence while a mover tries to lock it. */
class Holders {
  readonly #context: MoveContext;
  readonly #shard: number;
  readonly #move: BookedMove;
  /** By transaction and connection: the time when the mover first saw the holder. */
  #since = new Map<string, number>();
  #lookedAt = -Infinity;

  constructor(context: MoveContext, shard: number, move: BookedMove) {
    this.#context = context;
    this.#shard = shard;
    this.#move = move;
  }

  get seen(): string {
    return [...this.#since.keys()].map((key) => key.split(' ')[1]).join(', ') || '(not seen)';
  }

  /** Reads which connections hold the fence, and ends those that the mover has seen for longer than `longTransactionMs`. */
  async look(): Promise<void> {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = now;
    const { kind, bucket } = this.#move;
    await this.#context.cluster.onShard(this.#shard, async (session) => {
      const open = (await hasLockInstruments(session))
        ? await holdersOfFence(session, kind, bucket)
        : await holdersOfRows(session);
      const since = new Map<string, number>();
      for (const { transaction_id: id, connection_id: connection } of open) {
        const key = `${id} ${connection}`;
        const seenAt = this.#since.get(key) ?? now;
        since.set(key, seenAt);
        if (now - seenAt > this.#context.limits.longTransactionMs) await endConnection(session, connection);
      }
      this.#since = since;
    });
  }
}

/** Throws unless every fence of a move exists and has one of the states. */
export function expectFences(
  shard: number,
  move: BookedMove,
  fences: readonly FenceCell[],
  states: readonly string[],
): void {
  for (const { at } of cellsOf(move)) {
    const fence = fences.find((each) => each.at === at);
    if (fence !== undefined && states.includes(fence.state)) continue;
    throw new FenceStateError(
      `${move.kind} of bucket ${move.bucket} on shard ${shard}: its fence ${at} is ${fence?.state ?? 'not there'}, not ${states.join(' or ')}`,
    );
  }
}

/** Sets the fences of a move. */
export async function setFences(
  session: ShardSession,
  move: BookedMove,
  stateOf: (cell: MovingCell) => string,
  nextOwner: number | null,
): Promise<void> {
  for (const cell of cellsOf(move))
    await setFence(session, move.kind, move.bucket, cell.at, stateOf(cell), nextOwner);
}

/**
 * Makes the target's fences expect the bucket. Cuts the fences of numbers as the source's are cut. Leaves the fences of keys
 * uncut, since all shards have the same generations.
 */
export async function expectBucket(context: MoveContext, move: BookedMove): Promise<void> {
  const { target, source, kind, bucket } = move;
  const cells = cellsOf(move);
  const check = ({ at, state, next_owner: owner }: Pick<FenceCell, 'at' | 'state' | 'next_owner'>) => {
    if (state === 'moved' || (state === 'importing' && owner === source)) return;
    throw new FenceStateError(
      `${kind} of bucket ${bucket} on shard ${target}: its fence ${at} is ${state}, and cannot expect it`,
    );
  };
  // A bucket of texts has one fence, and keys are cut by epochs alone: there is nothing to cut.
  if (kind !== 'numbers') {
    await changeFences(context, target, move, async (session, fences) => {
      for (const fence of fences) check(fence);
      expectFences(target, move, fences, ['moved', 'importing']);
      await setFences(session, move, () => 'importing', source);
    });
    return;
  }
  await changeFences(
    context,
    target,
    move,
    async (session, fences) => {
      const { remove, insert } = cutFences(fences, cells, source);
      for (const fence of remove) check(fence);
      for (const { at } of remove) await deleteNumbersFence(session, bucket, at);
      for (const fence of insert) await insertNumbersFence(session, bucket, fence);
    },
    lockAllFences,
  );
}

/** The generations of a target's fences while it expects a bucket. Each step on the target checks that they are unchanged. */
export class Expected {
  readonly #move: BookedMove;
  readonly #generations: ReadonlyMap<string, number>;

  private constructor(move: BookedMove, generations: ReadonlyMap<string, number>) {
    this.#move = move;
    this.#generations = generations;
  }

  static async read(context: MoveContext, move: BookedMove): Promise<Expected> {
    const { target, kind, bucket } = move;
    const fences = await context.cluster.onShard(target, (session) => readFences(session, kind, bucket));
    const moving = fences.filter(({ at }) => cellsOf(move).some((cell) => cell.at === at));
    expectFences(target, move, moving, ['importing']);
    return new Expected(move, new Map(moving.map(({ at, generation }) => [at, generation])));
  }

  /**
   * Takes shared locks on the fences, and throws when somebody has changed them. Called in the transaction of each step on
   * the target.
   */
  async hold(session: ShardSession): Promise<void> {
    const { target, kind, bucket } = this.#move;
    this.check(await shareFences(session, kind, bucket, [...this.#generations.keys()]), target);
  }

  /** Throws when somebody has changed the fences since they were read. */
  check(fences: readonly FenceCell[], shard: number): void {
    expectFences(shard, this.#move, fences, ['importing']);
    for (const { at, generation } of fences) {
      if (generation !== this.#generations.get(at))
        throw new FenceStateError(
          `bucket ${this.#move.bucket} on shard ${shard}: fence ${at} was changed by someone else`,
        );
    }
  }
}
