// Written here again: a check that used the router's own code would share its mistakes.

/** MurmurHash3 x86 32, seed 0, of a text of ASCII characters, in [0, 2^32). */
export function murmur3(text: string): number {
  const bytes = Buffer.from(text, 'ascii');
  let hash = 0;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    hash = rotated(hash ^ scrambled(bytes.readInt32LE(at)), 13);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  if (at < bytes.length) hash ^= scrambled(bytes.readUIntLE(at, bytes.length - at));
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The bucket of a number's, or a key's, text. */
export function bucketOf(text: string, buckets: number): number {
  return murmur3(text) % buckets;
}

function scrambled(word: number): number {
  return Math.imul(rotated(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
