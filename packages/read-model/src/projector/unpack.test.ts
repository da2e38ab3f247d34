import { expect, test } from '@jest/globals';
import { compressionsAlgorithms, createRecordsBatch, Reader, readRecordsBatches } from '@platformatic/kafka';
import {
  boundUnpacking,
  type Codec,
  unpacked,
  UnpackError,
  UNPACKED_BYTES,
  UNPACKED_MESSAGES,
} from './unpack.ts';

const CODECS: readonly Codec[] = ['gzip', 'snappy', 'lz4', 'zstd'];

boundUnpacking();
boundUnpacking();

const batch = (compression: Codec, values: readonly Buffer[]) =>
  createRecordsBatch(
    values.map((value) => ({ topic: 't', value, key: undefined, headers: new Map() })) as never,
    { compression },
  ).buffer;

test.each(CODECS)('%s: what is bearable is unpacked, what is not is an error with a code', (codec) => {
  const [one] = readRecordsBatches(Reader.from(batch(codec, [Buffer.from('a'), Buffer.from('b')])));
  expect(one!.records.map(({ value }) => String(value))).toEqual(['a', 'b']);
  const { compressSync, decompressSync } = compressionsAlgorithms[codec];
  // Records of no bytes: each takes one byte, its length.
  const many = compressSync(Buffer.alloc(UNPACKED_MESSAGES + 1));
  expect(() => decompressSync(Buffer.from(many))).toThrow(/more than 250000 messages/);
  const torn = Buffer.from(compressSync(Buffer.from('hello '.repeat(100)))).subarray(0, 12);
  expect(() => decompressSync(torn)).toThrow(UnpackError);
});

test.each(['gzip', 'zstd'] as const)('%s: what unpacks to more bytes is not unpacked', (codec) => {
  const { compressSync, decompressSync } = compressionsAlgorithms[codec];
  const large = Buffer.from(compressSync(Buffer.alloc(UNPACKED_BYTES + 1, 'x')));
  expect(large.length).toBeLessThan(100_000);
  expect(() => decompressSync(large)).toThrow(UnpackError);
});

test("lengths that end behind the records are the reader's to find", () => {
  expect(unpacked('snappy', Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f]), (records) => records)).toHaveLength(
    5,
  );
});
