import { FenceShutError } from './contender.ts';
import type { BenchOrder } from './orders.ts';

/**
 * Reads both fences of an order under shared locks, in one statement: the number's bucket for the range that holds the
 * number, and the newest generation of the key's bucket. Each by primary key; a row that a mover has locked is skipped.
 * Its values are those of {@link fenceValues}.
 */
export const FENCE_SQL = `SELECT n.state AS number_state, n.writable_from, k.state AS key_state, k.key_generation
  FROM bucket_fences n FORCE INDEX (PRIMARY) JOIN key_fences k FORCE INDEX (PRIMARY)
 WHERE n.bucket = ? AND n.range_from <= ? AND n.range_to > ? AND k.bucket = ?
 ORDER BY k.key_generation DESC
   FOR SHARE SKIP LOCKED`;

export interface FenceRow {
  readonly number_state: string;
  readonly writable_from: string | number | bigint;
  readonly key_state: string;
  readonly key_generation: number;
}

export function fenceValues({ bucket, number, keyBucket }: BenchOrder): [number, bigint, bigint, number] {
  return [bucket, number, number, keyBucket];
}

/**
 * The generation that the order's key is written under.
 * @throws FenceShutError unless both fences are this shard's and the number may still be written
 */
export function passFence(order: BenchOrder, rows: readonly FenceRow[]): number {
  const fence = rows[0];
  if (fence === undefined) throw new FenceShutError(`a fence of order ${order.number} is locked or missing`);
  const { number_state, key_state, writable_from, key_generation } = fence;
  if (number_state !== 'owned' || key_state !== 'owned' || BigInt(writable_from) > order.number) {
    throw new FenceShutError(`the fences of order ${order.number} are ${number_state} and ${key_state}`);
  }
  return key_generation;
}
