import type { SqlValue } from '../pools/values.ts';
import { bucketWeight } from './cover.ts';
import type { ScatterPort, ScatterRow } from './scatter.ts';
import type { ScatterQuery } from './query.ts';

/** A row of the table that {@link MemoryShards} has. */
export interface MemoryRow {
  readonly a: bigint;
  readonly b: string;
  readonly number: bigint;
  readonly bucket: number;
}

/** Says, each time a shard is asked, what happens before it answers. */
export type BeforeAnswer = (shard: number, asked: number) => Promise<void> | void;

const BUCKETS = 8;
const NUMBERS = 2n ** 63n - 1n;

/**
 * Shards in memory that answer the statements of one query by their values: (a, b, number) rising, no conditions. For
 * unit tests; its order is worked out from UTF-8 bytes, apart from the one that is tested.
 */
export class MemoryShards implements ScatterPort {
  static readonly query: ScatterQuery = {
    from: {
      table: 'rows',
      columns: { a: 'integer', b: 'text', number: 'integer', bucket: 'integer' },
      key: ['number'],
    },
    select: ['number', 'b'],
    orderBy: [{ column: 'a' }, { column: 'b' }, { column: 'number' }],
  };

  /** The shard's rows, left-over ones included. */
  readonly rows: MemoryRow[][];
  /** The shard that a bucket's fence is open on; none while the bucket is frozen. */
  readonly owners: (number | undefined)[];
  /** Questions so far, by shard. */
  readonly asked: number[];
  /** Questions that are under way, and how many have been at once. */
  underWay = 0;
  mostAtOnce = 0;
  beforeAnswer: BeforeAnswer = () => undefined;

  constructor(shardCount: number) {
    this.rows = Array.from({ length: shardCount }, () => []);
    this.asked = Array.from({ length: shardCount }, () => 0);
    this.owners = Array.from({ length: BUCKETS }, (_, bucket) => bucket % shardCount);
  }

  static readonly bucketCount = BUCKETS;

  /** Puts a row on the shard of its bucket, or as a left-over on another. */
  add(row: MemoryRow, shard = this.owners[row.bucket]!): void {
    this.rows[shard]!.push(row);
  }

  /** The rows that count, in order, as the query selects them. */
  expected(): ScatterRow[] {
    return this.rows
      .flatMap((rows, shard) => rows.filter(({ bucket }) => this.owners[bucket] === shard))
      .toSorted(byBytes)
      .map(selected);
  }

  shards(): readonly number[] {
    return this.rows.map((_, shard) => shard);
  }

  readonly query = async (
    shard: number,
    _sql: string,
    values: readonly SqlValue[],
  ): Promise<ScatterRow[]> => {
    this.asked[shard]! += 1;
    this.underWay += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.underWay);
    try {
      await this.beforeAnswer(shard, this.asked[shard]!);
      return this.#answer(shard, values);
    } finally {
      this.underWay -= 1;
    }
  };

  #answer(shard: number, values: readonly SqlValue[]): ScatterRow[] {
    const limit = values.at(-1) as number;
    const after =
      values.length === 1
        ? undefined
        : { a: values[0] as bigint, b: values[2] as string, number: values[4] as bigint, bucket: 0 };
    const owned = this.owners.flatMap((owner, bucket) => (owner === shard ? [bucket] : []));
    const cover = {
      ordershard_buckets: String(BUCKETS),
      ordershard_readable: String(BigInt(owned.length) * NUMBERS),
      ordershard_weighed: String(owned.reduce((sum, bucket) => sum + bucketWeight(bucket), 0n) * NUMBERS),
    };
    const rows = this.rows[shard]!.filter(
      (row) => owned.includes(row.bucket) && (after === undefined || byBytes(row, after) > 0),
    )
      .toSorted(byBytes)
      .slice(0, limit);
    if (rows.length === 0) return [{ ...cover, ordershard_row: null, a: null, b: null, number: null }];
    return rows.map((row) => ({ ...cover, ordershard_row: 1, a: String(row.a), ...selected(row) }));
  }
}

function selected({ number, b }: MemoryRow): ScatterRow {
  return { number: String(number), b };
}

function byBytes(left: MemoryRow, right: MemoryRow): number {
  if (left.a !== right.a) return left.a < right.a ? -1 : 1;
  const texts = Buffer.compare(padded(left.b), padded(right.b));
  if (texts !== 0) return texts;
  if (left.number === right.number) return 0;
  return left.number < right.number ? -1 : 1;
}

/** Bytes of a text that spaces fill up: longer than any text of a test. */
function padded(text: string): Buffer {
  return Buffer.from(text.padEnd(64));
}
