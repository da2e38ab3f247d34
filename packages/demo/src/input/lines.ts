import type { RawRefusal } from './raw-order.ts';

/** A line of a file without its end; the first is line 1. */
export interface Line {
  readonly line: number;
  readonly text: string;
}

/** The longest line that is read: 1 MiB. */
export const LONGEST_LINE = 1_048_576;

const NEWLINE = 0x0a;

/** Reads bytes as lines of UTF-8, ended by LF or CR LF; a byte order mark is dropped. Only one line is held at a time. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line | RawRefusal> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 0;
  for await (const bytes of splitLines(chunks)) {
    line += 1;
    if (bytes === undefined) {
      yield { line, reason: `the line is longer than ${LONGEST_LINE} bytes` };
      continue;
    }
    try {
      yield { line, text: decoder.decode(bytes).replace(/\r$/, '') };
    } catch {
      yield { line, reason: 'the line is not valid UTF-8' };
    }
  }
}

/** Splits bytes at line feeds; undefined stands for a line that is too long to be kept. */
async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | undefined> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const take = (part: Uint8Array) => {
    length += part.length;
    if (length <= LONGEST_LINE) parts.push(part);
    else parts = [];
  };
  const end = () => {
    const line = length <= LONGEST_LINE ? Buffer.concat(parts) : undefined;
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, at));
      yield end();
      from = at + 1;
    }
    take(chunk.subarray(from));
  }
  if (length > 0) yield end();
}
