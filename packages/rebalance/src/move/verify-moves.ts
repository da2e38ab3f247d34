import { StoppedError } from '../errors.ts';
import { proveOwnership } from '../ownership/proof.ts';
import type { BookedMove } from '../sql/move/books.ts';
import { readFences } from '../sql/move/fences.ts';
import { fingerprintsOf, keyRowHashes, readNumbers } from '../sql/move/rows.ts';
import { allBooked } from './books.ts';
import { type CompareContext, compareNumbers, insistOnNone, withoutDirty } from './compare-numbers.ts';
import { compareTexts, insistOnNoTexts, insistOnThere, withoutDirtyTexts } from './compare-texts.ts';
import { MoveDifferenceError } from './errors.ts';
import { rangesGivenAway } from './given-away.ts';
import { unexplained } from './gone-since.ts';
import { cellsOf } from './move-context.ts';
import type { MoveCluster, MoveDifference } from './move-options.ts';
import { mergedRanges } from './number-ranges.ts';
import { type MovingTables, readMovingTables } from './table-layout.ts';

const NUMBERS = 1_000;
const EXAMPLES = 10;
/** Buckets that are compared at once. */
const AT_ONCE = 4;

export interface VerifyOptions {
  /** The moves of one plan only. */
  readonly planId?: string;
  readonly signal?: AbortSignal;
  /** Is told how many moves are compared, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Compares what the books tell of with the shards. See `MoveEngine.verifyMoves`. */
export async function verifyMoves(
  cluster: MoveCluster,
  { planId, ...options }: VerifyOptions = {},
): Promise<readonly MoveDifference[]> {
  // What moved is known from the books of its source, and one that was restored has lost them.
  await proveOwnership(cluster);
  const moves = (await allBooked(cluster, planId)).filter(
    ({ step }) => step === 'moved' || step === 'copied' || step === 'frozen',
  );
  return verifySome(cluster, moves, options);
}

/** Compares some moves with the shards, and changes nothing. @throws StoppedError */
export async function verifySome(
  cluster: MoveCluster,
  moves: readonly BookedMove[],
  { signal, onProgress }: Omit<VerifyOptions, 'planId'> = {},
): Promise<readonly MoveDifference[]> {
  const tables = new Map<number, MovingTables>();
  for (const source of new Set(moves.map((move) => move.source)))
    tables.set(source, await cluster.onShard(source, (session) => readMovingTables(session, cluster.tables)));
  const found: MoveDifference[] = [];
  const queue = [...moves];
  let done = 0;
  onProgress?.(0, moves.length);
  const lane = async () => {
    for (let move = queue.shift(); move !== undefined; move = queue.shift()) {
      if (signal?.aborted === true) throw new StoppedError('stopped: nothing was changed');
      try {
        await verifyOne({ cluster, tables: tables.get(move.source)! }, move);
      } catch (error) {
        if (!(error instanceof MoveDifferenceError)) throw error;
        const { bucket, table, examples } = error;
        found.push({ kind: move.kind, bucket, table, examples });
      }
      onProgress?.((done += 1), moves.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return found.toSorted((a, b) => a.bucket - b.bucket);
}

/** Throws MoveDifferenceError when the target of a move lacks something, or, before the switch, has something else. */
export async function verifyOne(context: CompareContext, move: BookedMove): Promise<void> {
  if (move.kind === 'keys') return verifyKeys(context, move);
  if (move.kind === 'texts') return verifyTexts(context, move);
  if (move.step === 'moved') return verifyMovedNumbers(context, move);
  const differences = await compareNumbers(context, move, mergedRanges(cellsOf(move)));
  insistOnNone(move.bucket, await withoutDirty(context, move, differences));
}

/**
 * After the switch the target goes on being written: what has left the source must be there, as it was or newer, or have
 * gone from there as numbers go.
 */
async function verifyMovedNumbers({ cluster, tables }: CompareContext, move: BookedMove): Promise<void> {
  const ranges = await cluster.onShard(move.source, (session) => rangesGivenAway(session, move));
  for (const layout of tables.numbers) {
    for (const range of ranges) {
      let { from } = range;
      for (;;) {
        const numbers = await cluster.onShard(move.source, (session) =>
          readNumbers(session, layout, move.bucket, { from, to: range.to }, NUMBERS),
        );
        if (numbers.length === 0) break;
        const registration = cluster.tables.find(({ table }) => table === layout.table)!;
        const missing = await cluster.onShard(move.target, async (session) => {
          const there = await fingerprintsOf(session, layout, move.bucket, numbers);
          return unexplained(
            session,
            registration,
            move.bucket,
            numbers.filter((number) => !there.has(String(number))),
          );
        });
        if (missing.length > 0)
          throw new MoveDifferenceError(move.bucket, layout.table, missing.slice(0, EXAMPLES).map(String));
        from = numbers.at(-1)! + 1n;
      }
    }
  }
}

/** As of numbers: before the switch both are the same, afterwards the target has all that has left the source. */
async function verifyTexts(context: CompareContext, move: BookedMove): Promise<void> {
  if (move.step !== 'moved') {
    const differences = await compareTexts(context, move);
    return insistOnNoTexts(move.bucket, await withoutDirtyTexts(context, move, differences));
  }
  const there = await context.cluster.onShard(move.target, (session) =>
    readFences(session, 'texts', move.bucket),
  );
  // The next move of the bucket, from the target on, is compared by its own book.
  if (there.every(({ state }) => state === 'moved')) return;
  await insistOnThere(context, move);
}

/** Keys expire and are taken anew, so that one that is gone is no loss; before the switch all are to be there. */
async function verifyKeys({ cluster, tables }: CompareContext, move: BookedMove): Promise<void> {
  if (move.step !== 'frozen') return;
  const generations = cellsOf(move).map(({ at }) => at);
  for (const layout of tables.keys) {
    const hashes = (shard: number) =>
      cluster.onShard(shard, (session) => keyRowHashes(session, layout, move.bucket, generations));
    const [here, there] = await Promise.all([hashes(move.source), hashes(move.target)]);
    if ([...here].some(([key, hash]) => there.get(key) !== hash))
      throw new MoveDifferenceError(move.bucket, layout.table, [`key bucket ${move.bucket}`]);
  }
}
