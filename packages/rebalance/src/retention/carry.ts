import { copyRows, deleteRows } from '../sql/aggregate-rows.ts';
import { readColumns } from '../sql/columns.ts';
import { lockFencesOf } from '../sql/retention/fences.ts';
import type { NumberRow } from '../sql/retention/open-numbers.ts';
import { countCarried } from '../sql/retention/retention-days.ts';
import { DayKeptError } from './errors.ts';
import { durably, type ShardRun } from './shard-run.ts';
import { withOwnRange } from './split-fence.ts';
import { writeRanges } from './write-ranges.ts';

/** Numbers of one bucket that are carried over in one transaction, for which writes of that bucket wait. */
const AT_ONCE = 50;

/**
 * Carries numbers over. Under the lock of their bucket's fence, moves their rows from the partitions into the tables for
 * carried-over rows. Gives each number a fence of its own, under which it stays readable and writable. Skips a number whose
 * rows are left over from a bucket that lives on another shard by now.
 *
 * @returns how many were carried over
 * @throws DayKeptError when a bucket is in the middle of a move
 */
export async function carryOver(run: ShardRun, day: string, numbers: readonly NumberRow[]): Promise<number> {
  const byBucket = Map.groupBy(numbers, ({ bucket }) => bucket);
  let carried = 0;
  for (const [bucket, some] of [...byBucket].toSorted(([a], [b]) => a - b)) {
    for (let from = 0; from < some.length; from += AT_ONCE) {
      const few = some.slice(from, from + AT_ONCE).map(({ number }) => BigInt(number));
      carried += await durably(run, () => carryFew(run, day, bucket, few));
    }
  }
  return carried;
}

async function carryFew(
  { session, aggregate }: ShardRun,
  day: string,
  bucket: number,
  numbers: readonly bigint[],
): Promise<number> {
  const before = await lockFencesOf(session, bucket);
  let ranges = before;
  const owned: bigint[] = [];
  for (const number of numbers) {
    const range = ranges.find(({ from, to }) => from <= number && number < to);
    if (range === undefined || range.state === 'moved') continue;
    if (range.state !== 'owned')
      throw new DayKeptError(`number ${number} of bucket ${bucket} is ${range.state}, not owned`);
    ranges = [
      ...withOwnRange(ranges, number, { state: 'carried', writableFrom: number, readableFrom: number }),
    ];
    owned.push(number);
  }
  if (owned.length === 0) return 0;
  await writeRanges(session, before, ranges);
  for (const { table, carriedIn } of aggregate.parts) {
    const columns = (await readColumns(session, table)).map(({ name }) => name);
    const copied = await copyRows(session, table, carriedIn, columns, owned);
    const deleted = await deleteRows(session, table, owned);
    if (copied !== deleted)
      throw new DayKeptError(`${copied} rows of ${table} were copied, ${deleted} were there`);
  }
  await countCarried(session, day, owned.length);
  return owned.length;
}
