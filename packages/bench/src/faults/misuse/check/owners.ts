import type { Connection, RowDataPacket } from 'mysql2/promise';
import { Ownership } from '../../write/check/ownership.ts';
import { bucketOf } from '../../murmur.ts';

/** Who owns what, as the fences of all shards say. */
export interface Owners {
  readonly numbers: Ownership;
  /** The one shard that owns the keys of a bucket and generation; undefined when none does, or several do. */
  ofKey(bucket: number, generation: number): number | undefined;
  bucketOf(text: string): number;
}

export async function readOwners(connections: readonly Connection[]): Promise<Owners> {
  const numbers = await Ownership.read(connections);
  const keys = new Map<string, number[]>();
  for (const [shard, connection] of connections.entries()) {
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT bucket, key_generation FROM key_fences WHERE state IN ('owned', 'sealed')`,
    );
    for (const { bucket, key_generation: generation } of rows) {
      const name = `${String(bucket)} ${String(generation)}`;
      keys.set(name, [...(keys.get(name) ?? []), shard]);
    }
  }
  return {
    numbers,
    ofKey: (bucket, generation) => {
      const owners = keys.get(`${bucket} ${generation}`) ?? [];
      return owners.length === 1 ? owners[0] : undefined;
    },
    bucketOf: (text) => bucketOf(text, numbers.buckets),
  };
}
