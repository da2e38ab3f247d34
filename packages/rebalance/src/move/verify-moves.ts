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
  /** Called with the number of moves that are compared, and the number of all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Compares the moves in the books with the shards. See `MoveEngine.verifyMoves`. */
export async function verifyMoves(
  cluster: MoveCluster,
  { planId, ...options }: VerifyOptions = {},
): Promise<readonly MoveDifference[]> {
  // The books of the source say what moved, and a source that was restored has lost them.
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
 * After the switch the target takes writes. A number that has left the source must be on the target, as it was or newer, or
 * its absence must have an explanation (see `unexplained`).
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

/**
 * As for numbers: before the switch both shards must be the same, afterwards the target must have all that has left the
 * source.
 */
async function verifyTexts(context: CompareContext, move: BookedMove): Promise<void> {
  if (move.step !== 'moved') {
    const differences = await compareTexts(context, move);
    return insistOnNoTexts(move.bucket, await withoutDirtyTexts(context, move, differences));
  }
  const there = await context.cluster.onShard(move.target, (session) =>
    readFences(session, 'texts', move.bucket),
  );
  // The target has given the bucket away again: the book of that move serves to compare it.
  if (there.every(({ state }) => state === 'moved')) return;
  await insistOnThere(context, move);
}

/**
 * Keys expire and are taken again, so a key that is missing after the switch is no loss. Compares only while the move is
 * `frozen`: then the target must have all of them.
 */
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
