import type { SqlValue } from '@ordershard/shard-router';
import type { IdRange } from '../relay/progress/id-range.ts';

/** With up to this many ranges, each is a condition of its own. */
const PLAIN_RANGES = 500;

/** Ids of a block, whose ranges one bitmap can stand for: 2 KB of it. A power of two. */
const BLOCK_IDS = 16_384n;

/** A block with fewer ranges is not worth a bitmap; with very many ranges, any that has more than one is. */
const BITMAP_RANGES = { many: 16, veryMany: 2, veryManyFrom: 4_000 } as const;

/** Conditions on `id`, and what stands for their `?`. */
export interface IdConditions {
  readonly sql: readonly string[];
  readonly values: readonly SqlValue[];
}

/**
 * Builds conditions that match exactly the ids of some ranges, which are in ascending order and apart from each other. Ranges
 * lie close together when ids go in steps, with one after each row. Then a single condition with a bitmap covers a whole
 * block: the server reads the rows between the ranges and filters them out itself. That is faster than a look into each of
 * thousands of ranges in each partition.
 */
export function idConditions(ranges: readonly IdRange[]): IdConditions {
  const sql: string[] = [];
  const values: SqlValue[] = [];
  const plain = ({ first, last }: IdRange) => {
    sql.push(first === last ? 'id = ?' : 'id BETWEEN ? AND ?');
    values.push(...(first === last ? [first] : [first, last]));
  };
  if (ranges.length <= PLAIN_RANGES) {
    for (const range of ranges) plain(range);
    return { sql, values };
  }
  const { many, veryMany, veryManyFrom } = BITMAP_RANGES;
  const least = ranges.length > veryManyFrom ? veryMany : many;
  for (const block of blocksOf(ranges)) {
    if (block.length < least) {
      for (const range of block) plain(range);
    } else {
      // No subtraction: one of unsigned numbers fails below 0.
      sql.push(
        `(id BETWEEN ? AND ? AND ORD(SUBSTRING(?, ((id & ${BLOCK_IDS - 1n}) >> 3) + 1, 1)) & (1 << (id & 7)))`,
      );
      values.push(block[0]!.first, block.at(-1)!.last, bitmapOf(block));
    }
  }
  return { sql, values };
}

/**
 * Groups ranges by the block of ids that contains them. A range in two blocks is split; one longer than a block stands alone.
 */
function blocksOf(ranges: readonly IdRange[]): IdRange[][] {
  const blocks: { readonly number: bigint | undefined; readonly ranges: IdRange[] }[] = [];
  const add = (number: bigint | undefined, range: IdRange) => {
    const last = blocks.at(-1);
    if (last !== undefined && number !== undefined && last.number === number) last.ranges.push(range);
    else blocks.push({ number, ranges: [range] });
  };
  for (const { first, last } of ranges) {
    const [from, to] = [first / BLOCK_IDS, last / BLOCK_IDS];
    if (last - first >= BLOCK_IDS) add(undefined, { first, last });
    else if (from === to) add(from, { first, last });
    else {
      add(from, { first, last: to * BLOCK_IDS - 1n });
      add(to, { first: to * BLOCK_IDS, last });
    }
  }
  return blocks.map((block) => block.ranges);
}

/** A bit for each id of a block, the lowest of each byte first; set for those in the ranges. */
function bitmapOf(ranges: readonly IdRange[]): Buffer {
  const end = Number(ranges.at(-1)!.last % BLOCK_IDS);
  const bitmap = Buffer.alloc((end >> 3) + 1);
  for (const { first, last } of ranges)
    for (let place = Number(first % BLOCK_IDS); place <= Number(last % BLOCK_IDS); place += 1)
      bitmap[place >> 3]! |= 1 << (place & 7);
  return bitmap;
}
