import type { SourceMessage } from './message.ts';

const NAME = Buffer.from('ce_sequence');

/** The index where the header was found last: all messages of a publisher have it at the same index. */
let place = 6;

/**
 * Returns the order version that a message's header names, without reading the value; undefined when it names none. Whether
 * the message is an event at all becomes clear when it is read.
 */
export function sequenceOf({ headers }: SourceMessage): number | undefined {
  const expected = headers[place];
  if (expected !== undefined && isName(expected[0])) return versionOf(expected[1]);
  const found = headers.findIndex(([name]) => isName(name));
  if (found === -1) return undefined;
  place = found;
  return versionOf(headers[found]![1]);
}

function isName(bytes: Buffer | null): boolean {
  return bytes !== null && bytes.length === NAME.length && bytes.equals(NAME);
}

/** Reads decimal digits; up to 15 of them are exact. */
function versionOf(bytes: Buffer | null): number | undefined {
  if (bytes === null || bytes.length === 0 || bytes.length > 15) return undefined;
  let version = 0;
  for (const byte of bytes) {
    if (byte < 48 || byte > 57) return undefined;
    version = version * 10 + byte - 48;
  }
  return version > 0 ? version : undefined;
}
