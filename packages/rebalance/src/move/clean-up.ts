import { type BookedMove, setStep } from '../sql/move/books.ts';
import { readNumbers, keyRowHashes, fingerprintsOf } from '../sql/move/rows.ts';
import { allBooked, unfinished } from './books.ts';
import { type CompareContext, compareNumbers, insistOnNone, withoutDirty } from './compare-numbers.ts';
import { unexplained } from './gone-since.ts';
import { MoveDifferenceError } from './errors.ts';
import { cellsOf, durable } from './move-context.ts';
import type { MoveCluster, MoveDifference, MoveOptions } from './move-options.ts';
import { eachMove, withRun } from './move-run.ts';
import { mergedRanges } from './number-ranges.ts';
import { purge } from './purge.ts';
import { readMovingTables } from './table-layout.ts';

const NUMBERS = 1_000;
const EXAMPLES = 10;
const GRACE_MS = 3_600_000;

/** Compares what the books tell of with the shards. See `MoveEngine.verifyMoves`. */
export async function verifyMoves(
  cluster: MoveCluster,
  { planId }: { readonly planId?: string } = {},
): Promise<readonly MoveDifference[]> {
  const moves = await allBooked(cluster, planId);
  const found: MoveDifference[] = [];
  for (const move of moves) {
    if (move.step !== 'moved' && move.step !== 'copied' && move.step !== 'frozen') continue;
    const tables = await cluster.onShard(move.source, (session) => readMovingTables(session, cluster.tables));
    try {
      await verifyOne({ cluster, tables }, move);
    } catch (error) {
      if (!(error instanceof MoveDifferenceError)) throw error;
      const { bucket, table, examples } = error;
      found.push({ kind: move.kind, bucket, table, examples });
    }
  }
  return found;
}

/** Throws MoveDifferenceError when the target of a move lacks something, or, before the switch, has something else. */
async function verifyOne(context: CompareContext, move: BookedMove): Promise<void> {
  if (move.kind === 'keys') return verifyKeys(context, move);
  const ranges = mergedRanges(cellsOf(move));
  if (move.step !== 'moved') {
    const differences = await compareNumbers(context, move, ranges);
    insistOnNone(move.bucket, await withoutDirty(context, move, differences));
    return;
  }
  // After the switch the target goes on being written: what has left the source must be there, as it was or newer, or have
  // gone from there as numbers go.
  for (const layout of context.tables.numbers) {
    for (const range of ranges) {
      let { from } = range;
      for (;;) {
        const numbers = await context.cluster.onShard(move.source, (session) =>
          readNumbers(session, layout, move.bucket, { from, to: range.to }, NUMBERS),
        );
        if (numbers.length === 0) break;
        const registration = context.cluster.tables.find(({ table }) => table === layout.table)!;
        const missing = await context.cluster.onShard(move.target, async (session) => {
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

/** Removes from the sources what has moved away. See `MoveEngine.cleanUp`. */
export async function cleanUp(
  cluster: MoveCluster,
  options: MoveOptions & { readonly planId?: string; readonly graceMs?: number },
): Promise<number> {
  const { planId, graceMs = GRACE_MS } = options;
  const booked = await allBooked(cluster, planId);
  const due = booked.filter(
    ({ step, switched_ms: ms }) => step === 'moved' && ms !== null && Number(ms) >= graceMs,
  );
  if (due.length === 0) return 0;
  const busy = unfinished(booked);
  const moves = due.filter(
    ({ kind, bucket }) => !busy.some((move) => move.kind === kind && move.bucket === bucket),
  );
  const tables = await cluster.onShard(cluster.shards[0]!, (session) =>
    readMovingTables(session, cluster.tables),
  );
  const shards = moves.map(({ source }) => source);
  const what = `cleans up after ${moves.length} moves`;
  let gone = 0;
  await withRun(
    { cluster, options, tables, shards, what, total: moves.length, totalRows: 0 },
    async (context) =>
      eachMove(context, moves, async (move) => {
        await verifyOne(context, move);
        gone += await purge(context, move.source, move);
        await durable(context, move.source, (session) => setStep(session, move, 'cleaned'));
        await context.after(move, 'cleaned');
      }),
  );
  return gone;
}
