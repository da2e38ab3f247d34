import { callersRound, type Comparison, compareInterleaved } from '../measure/interleaved.ts';
import type { BenchCluster } from './cluster.ts';

const READ = 'SELECT number, bucket, visits, note, changed_at FROM bench_rows WHERE number = ?';
const WRITE = 'UPDATE bench_rows SET visits = visits + 1 WHERE number = ?';
const ROUND_MS = 25;

/** Callers at once, each of which waits for its answer before it asks again. */
export const CALLERS = [1, 16, 64] as const;

/** Ways through the router, each beside the same statements on the bare pool (or on the one without traces). */
export type Path =
  'routed query' | 'routed query, untraced' | 'fenced rows' | 'fenced session' | 'transaction';

/** Compares one path with the bare pool. Rates are calls per second. */
export function comparePath(
  { bare, untraced, router, numbers }: BenchCluster,
  path: Path,
  callers: number,
  blocks: number,
): Promise<Comparison> {
  const pool = router.pool.promise();
  // Each caller walks the rows from a place of its own, so that no two change one row at a time.
  const places = Array.from({ length: callers }, (_, caller) =>
    Math.floor((caller * numbers.length) / callers),
  );
  const share = Math.max(1, Math.floor(numbers.length / callers));
  const turns = places.map(() => 0);
  const next = (caller: number): bigint => {
    const turn = turns[caller]!;
    turns[caller] = (turn + 1) % share;
    return numbers[places[caller]! + turn]!;
  };
  const without = path === 'routed query, untraced' ? untraced : bare;
  const bareRead = (number: bigint) => without.query(READ, [number]);
  const routedRead = (number: bigint) => router.withKey(number, () => pool.query(READ, [number]));
  const bareTransaction = async (number: bigint) => {
    const connection = await bare.getConnection();
    try {
      await connection.query('START TRANSACTION READ WRITE');
      await connection.query(WRITE, [number]);
      await connection.query('COMMIT');
    } finally {
      connection.release();
    }
  };
  const routed: Record<Path, (number: bigint) => Promise<unknown>> = {
    'routed query': routedRead,
    'routed query, untraced': routedRead,
    'fenced rows': (number) => router.readRows(number, { sql: READ, values: [number] }),
    'fenced session': (number) => router.read(number, (session) => session.query(READ, [number])),
    transaction: (number) => router.transaction({ number }, (session) => session.execute(WRITE, [number])),
  };
  const baseline = path === 'transaction' ? bareTransaction : bareRead;
  return compareInterleaved(
    callersRound(callers, ROUND_MS, (caller) => routed[path](next(caller))),
    callersRound(callers, ROUND_MS, (caller) => baseline(next(caller))),
    blocks,
  );
}
