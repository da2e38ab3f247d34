/** What a transaction's text needs beside its units, bytes. */
const FRAME_BYTES = 1024;
/** What the call that opens it needs for each of them: its buckets, its number and its key's generation. */
const OPENING_BYTES = 160;
/** A UTF-16 unit in UTF-8, at the most. */
const BYTES_A_UNIT = 3;

/** How to measure items that are put into texts of a limited number of bytes. */
export interface Sized<T> {
  /** UTF-16 units. */
  readonly lengthOf: (item: T) => number;
  /** The exact length in UTF-8; called only where the other length does not decide. */
  readonly bytesOf: (item: T) => number;
}

/**
 * Splits items into groups whose texts stay below what the server accepts in one piece. Items that are too long by themselves
 * are in `tooLong`.
 */
export function byBytes<T>(
  items: readonly T[],
  maxBytes: number,
  { lengthOf, bytesOf }: Sized<T>,
): { readonly groups: readonly (readonly T[])[]; readonly tooLong: readonly { item: T; bytes: number }[] } {
  let total = FRAME_BYTES;
  for (const item of items) total += lengthOf(item) * BYTES_A_UNIT + OPENING_BYTES;
  if (total <= maxBytes) return { groups: [items], tooLong: [] };
  const groups: T[][] = [];
  const tooLong: { item: T; bytes: number }[] = [];
  let room = 0;
  for (const item of items) {
    const bytes = bytesOf(item) + OPENING_BYTES;
    if (bytes + FRAME_BYTES > maxBytes) {
      tooLong.push({ item, bytes });
      continue;
    }
    if (bytes > room) {
      groups.push([]);
      room = maxBytes - FRAME_BYTES;
    }
    groups.at(-1)!.push(item);
    room -= bytes;
  }
  return { groups, tooLong };
}
