import murmur from 'murmurhash3js-revisited';
import { InvalidKeyError } from '../errors.ts';
import { murmur32OfAscii, NOT_ASCII } from './murmur-ascii.ts';

/** How many buckets a cluster has unless it was initialised with another power of two. */
export const DEFAULT_BUCKETS = 1024;

/** The seed of every hash in a cluster, of `murmur32OfAscii` too. A change would move every key. */
const SEED = 0;

const encoder = new TextEncoder();
const { x86 } = murmur;
// The library's check of each input byte costs more than the hash; TextEncoder gives nothing but bytes.
(murmur as unknown as { inputValidation: boolean }).inputValidation = false;

/** MurmurHash3, x86 variant of 32 bits (Austin Appleby), of a text's UTF-8 bytes, as an integer in [0, 2^32). */
export function murmur32(text: string): number {
  const hash = murmur32OfAscii(text);
  return hash === NOT_ASCII ? x86.hash32(encoder.encode(text), SEED) : hash;
}

/** A routing key: any text that is not empty, or a bigint, which routes as its decimal text does. */
export type ShardKey = string | bigint;

/** The text that a key is hashed by. Throws {@link InvalidKeyError} for anything that is not a key. */
export function keyText(key: ShardKey): string {
  if (typeof key === 'bigint') return key.toString();
  if (typeof key !== 'string') throw new InvalidKeyError(`a key is a text or a bigint, not ${typeof key}`);
  if (key === '') throw new InvalidKeyError('a key must not be empty');
  return key;
}

/** The bucket of a key: its hash modulo the number of buckets, a power of two. */
export function bucketOf(key: ShardKey, bucketCount: number): number {
  return (murmur32(keyText(key)) & (bucketCount - 1)) >>> 0;
}
