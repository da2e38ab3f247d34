/**
 * The two hashes that decide where an order lives, written here again: a check that used the product's own code would
 * share its mistakes.
 */

/** MurmurHash3 x86 32, seed 0, of a text of ASCII characters, in [0, 2^32): what buckets are made of. */
export function murmur3(text: string): number {
  let hash = 0;
  const whole = text.length & ~3;
  for (let at = 0; at < whole; at += 4) {
    hash ^= mix3(word(text, at));
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let at = text.length - 1; at >= whole; at -= 1) tail = (tail << 8) | text.charCodeAt(at);
  if (whole < text.length) hash ^= mix3(tail);
  hash ^= text.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mix3(value: number): number {
  const mixed = Math.imul(value, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

/** The partition that Kafka's Java client gives a key of ASCII characters: murmur2, sign bit dropped, modulo. */
export function partitionOf(key: string, partitions: number): number {
  const length = key.length;
  let hash = 0x9747b28c ^ length;
  const whole = length & ~3;
  for (let at = 0; at < whole; at += 4) {
    let value = Math.imul(word(key, at), 0x5bd1e995);
    value ^= value >>> 24;
    hash = Math.imul(hash, 0x5bd1e995) ^ Math.imul(value, 0x5bd1e995);
  }
  if (whole < length) {
    for (let at = length - 1; at >= whole; at -= 1) hash ^= key.charCodeAt(at) << (8 * (at - whole));
    hash = Math.imul(hash, 0x5bd1e995);
  }
  hash = Math.imul(hash ^ (hash >>> 13), 0x5bd1e995);
  return ((hash ^ (hash >>> 15)) & 0x7fffffff) % partitions;
}

/** Four characters as a little-endian word. */
function word(text: string, at: number): number {
  return (
    text.charCodeAt(at) |
    (text.charCodeAt(at + 1) << 8) |
    (text.charCodeAt(at + 2) << 16) |
    (text.charCodeAt(at + 3) << 24)
  );
}
