import type { ShardSession, TableRegistration } from '@ordershard/shard-router';
import { NUMBER, readRowsOf, rowsOf } from '../sql/aggregate-rows.ts';
import { readFences } from '../sql/retention/fences.ts';

/**
 * Rows of some numbers are missing in a table of the shard that got their bucket. Returns those of the numbers for which
 * nothing explains this. Explanations: the number has come to its retention, or outlives its day in another table; the shard
 * has given the bucket to the next one; or the table's rows may go by themselves (`endsAlone`).
 */
export async function unexplained(
  session: ShardSession,
  { carriedIn, moves }: Pick<TableRegistration, 'carriedIn' | 'moves'>,
  bucket: number,
  missing: readonly bigint[],
): Promise<readonly bigint[]> {
  if (missing.length === 0 || (moves?.by === 'number' && moves.endsAlone === true)) return [];
  const fences = (await readFences(session)).filter((fence) => fence.bucket === bucket);
  const here = missing.filter((number) => {
    const fence = fences.find(({ from, to }) => from <= number && number < to);
    return fence === undefined || (fence.state !== 'moved' && number >= fence.readableFrom);
  });
  if (here.length === 0 || carriedIn === undefined) return here;
  const carried = new Set(
    (await readRowsOf(session, rowsOf(carriedIn), [NUMBER], ['number'], here)).map(({ number }) =>
      String(number),
    ),
  );
  return here.filter((number) => !carried.has(String(number)));
}
