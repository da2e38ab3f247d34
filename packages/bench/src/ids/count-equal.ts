import { readFileSync } from 'node:fs';

/** Counts numbers in files of 8 bytes each, and those that are equal to another. Takes 16 bytes for each. */
export function countEqual(files: readonly string[]): { readonly numbers: number; readonly equal: number } {
  const parts = files.map((file) => readFileSync(file));
  const all = new BigUint64Array(
    parts.reduce((sum, { length }) => sum + length, 0) / BigUint64Array.BYTES_PER_ELEMENT,
  );
  const bytes = new Uint8Array(all.buffer);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  all.sort();
  let equal = 0;
  for (let i = 1; i < all.length; i += 1) if (all[i] === all[i - 1]) equal += 1;
  return { numbers: all.length, equal };
}
