/** The result of {@link murmur32OfAscii} for a text that is not ASCII. */
export const NOT_ASCII = -1;

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/**
 * MurmurHash3, x86 variant of 32 bits, seed 0 (Austin Appleby), of an ASCII text, straight from its characters: order
 * numbers and most keys are ASCII, and encoding them to bytes first takes 17 times as long (570 ns against 34).
 */
export function murmur32OfAscii(text: string): number {
  const { length } = text;
  const whole = length & ~3;
  let hash = 0;
  for (let i = 0; i < whole; i += 4) {
    const a = text.charCodeAt(i);
    const b = text.charCodeAt(i + 1);
    const c = text.charCodeAt(i + 2);
    const d = text.charCodeAt(i + 3);
    if ((a | b | c | d) > 127) return NOT_ASCII;
    hash ^= scramble(a | (b << 8) | (c << 16) | (d << 24));
    hash = (hash << 13) | (hash >>> 19);
    hash = Math.imul(hash, 5) + 0xe6546b64;
  }
  let rest = 0;
  for (let i = length - 1; i >= whole; i -= 1) {
    const unit = text.charCodeAt(i);
    if (unit > 127) return NOT_ASCII;
    rest = (rest << 8) | unit;
  }
  hash ^= scramble(rest) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble(block: number): number {
  const mixed = Math.imul(block, C1);
  return Math.imul((mixed << 15) | (mixed >>> 17), C2);
}
