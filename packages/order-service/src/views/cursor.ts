import { InvalidCursorError } from './errors.ts';

const BYTES = 8;

/** What every cursor looks like: 63 bits in base64url. */
export const CURSOR_PATTERN = '^[A-Za-f][A-Za-z0-9_-]{9}[AEIMQUYcgkosw048]$';

/** The cursor of a page whose last order has this number. Opaque to callers. */
export function encodeCursor(last: bigint): string {
  const bytes = Buffer.alloc(BYTES);
  bytes.writeBigUInt64BE(last);
  return bytes.toString('base64url');
}

/** The number that a cursor stands for. Throws {@link InvalidCursorError} for any other text. */
export function decodeCursor(cursor: string): bigint {
  const bytes = Buffer.from(cursor, 'base64url');
  // Node decodes leniently: text that does not encode back to itself was not written by us.
  if (bytes.length !== BYTES || bytes.toString('base64url') !== cursor) throw new InvalidCursorError();
  const last = bytes.readBigUInt64BE();
  if (last >= 2n ** 63n) throw new InvalidCursorError();
  return last;
}
