import type { SourceMessage } from './message.ts';

const NAME = Buffer.from('ce_sequence');

/** Where the header was found last: all messages of a publisher have it in the same place. */
let place = 6;

/**
 * The version of the order that a message tells of, by its header, with no look into its value; undefined when it names
 * none. Whether the message is an event at all shows when it is read.
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
