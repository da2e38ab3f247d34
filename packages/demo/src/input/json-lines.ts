import { parseWithBigInts } from '../exact-json.ts';
import { readLines } from './lines.ts';
import type { RawOrder } from './raw-order.ts';

/** Reads JSON lines, one order each. Blank lines are passed over. */
export async function* readJsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<RawOrder> {
  for await (const read of readLines(chunks)) {
    if ('reason' in read) yield read;
    else if (read.text.trim() !== '') yield parseLine(read.line, read.text);
  }
}

function parseLine(line: number, text: string): RawOrder {
  try {
    return { line, value: parseWithBigInts(text) };
  } catch (error) {
    return { line, reason: `the line is not JSON: ${(error as Error).message}` };
  }
}
