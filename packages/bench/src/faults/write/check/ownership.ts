import type { Connection, RowDataPacket } from 'mysql2/promise';
import { bucketOf } from '../../murmur.ts';

interface Range {
  readonly shard: number;
  readonly bucket: number;
  readonly from: bigint;
  readonly to: bigint;
}

/** Who owns which numbers and keys, as the fences of all shards say. */
export class Ownership {
  readonly buckets: number;
  readonly #numbers: readonly Range[][];
  readonly #keys: readonly number[][];

  constructor(
    buckets: number,
    numbers: readonly Range[],
    keys: readonly { shard: number; bucket: number }[],
  ) {
    this.buckets = buckets;
    this.#numbers = Array.from({ length: buckets }, (_, bucket) =>
      numbers.filter((own) => own.bucket === bucket),
    );
    this.#keys = Array.from({ length: buckets }, (_, bucket) =>
      keys.filter((own) => own.bucket === bucket).map(({ shard }) => shard),
    );
  }

  static async read(connections: readonly Connection[]): Promise<Ownership> {
    const [identity] = await connections[0]!.query<RowDataPacket[]>(
      'SELECT bucket_count FROM shard_identity',
    );
    const numbers: Range[] = [];
    const keys: { shard: number; bucket: number }[] = [];
    for (const [shard, connection] of connections.entries()) {
      const [fences] = await connection.query<RowDataPacket[]>(
        `SELECT bucket, range_from, range_to FROM bucket_fences WHERE state = 'owned'`,
      );
      for (const { bucket, range_from, range_to } of fences as {
        bucket: number;
        range_from: string;
        range_to: string;
      }[])
        numbers.push({ shard, bucket, from: BigInt(range_from), to: BigInt(range_to) });
      const [keyFences] = await connection.query<RowDataPacket[]>(
        `SELECT bucket FROM key_fences WHERE state = 'owned'`,
      );
      for (const { bucket } of keyFences as { bucket: number }[]) keys.push({ shard, bucket });
    }
    return new Ownership(Number(identity[0]!['bucket_count']), numbers, keys);
  }

  /** The one shard that owns a number; undefined when none does, or several do. */
  ofNumber(number: string): number | undefined {
    const value = BigInt(number);
    const owners = this.#numbers[bucketOf(number, this.buckets)]!.filter(
      ({ from, to }) => value >= from && value < to,
    );
    return owners.length === 1 ? owners[0]!.shard : undefined;
  }

  /** The one shard that owns a key, given the text that it is routed by. */
  ofKey(text: string): number | undefined {
    const owners = this.#keys[bucketOf(text, this.buckets)]!;
    return owners.length === 1 ? owners[0] : undefined;
  }
}
