import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { compressionsAlgorithms, UnsupportedCompressionError } from '@platformatic/kafka';

/** The most that a batch may unpack to: more than any batch of ours, or any document of MongoDB. */
export const UNPACKED_BYTES = 64 * 1_048_576;
export const UNPACKED_MESSAGES = 250_000;

/**
 * A batch cannot be unpacked, or only into more than the bounds. Its readers lose its messages, but not the messages behind
 * it.
 */
export class UnpackError extends UnsupportedCompressionError {
  constructor(message: string, cause?: unknown) {
    super(message, cause instanceof Error ? { cause } : {});
  }
}

/** The bits of a batch's attributes that name its codec. */
const CODEC = 7;
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

export type Codec = Exclude<(typeof CODECS)[number], 'none'>;

export function codecOf(attributes: number): string {
  return CODECS[attributes & CODEC] ?? `codec ${attributes & CODEC}`;
}

type Unpack = (packed: Buffer) => Buffer;

/** Unpacks a batch's records, and throws {@link UnpackError} where that fails or comes to too much. */
export function unpacked(codec: Codec, packed: Buffer, unpack: Unpack): Buffer {
  let records: Buffer;
  try {
    records = boundedOf(codec, unpack)(packed);
  } catch (cause) {
    if (cause instanceof UnpackError) throw cause;
    throw new UnpackError(`${codec}: ${String(cause)}`, cause);
  }
  if (records.length > UNPACKED_BYTES) throw tooMuch(codec);
  if (isMoreThan(UNPACKED_MESSAGES, records))
    throw new UnpackError(`${codec}: it holds more than ${UNPACKED_MESSAGES} messages`);
  return records;
}

function boundedOf(codec: Codec, unpack: Unpack): Unpack {
  switch (codec) {
    case 'gzip':
      return (packed) => gunzipSync(packed, { maxOutputLength: UNPACKED_BYTES });
    case 'zstd':
      return (packed) => zstdDecompressSync(packed, { maxOutputLength: UNPACKED_BYTES });
    case 'lz4':
    case 'snappy':
      // LZ4 packs data into no less than a 255th of its bytes, Snappy into a 21st: a batch of 1 MiB is bearable in any case.
      return unpack;
  }
}

/** Whether there are more records than `most`. Counts them by their lengths, without reading their content. */
function isMoreThan(most: number, records: Buffer): boolean {
  let [at, count] = [0, 0];
  while (at < records.length) {
    let [length, shift, byte] = [0, 0, 0x80];
    while (byte >= 0x80 && at < records.length) {
      byte = records[at]!;
      length += (byte & 0x7f) * 2 ** shift;
      shift += 7;
      at += 1;
    }
    // Zigzag: lengths are signed numbers.
    at += Math.floor(length / 2);
    count += 1;
    if (count > most) return true;
  }
  return false;
}

function tooMuch(codec: Codec): UnpackError {
  return new UnpackError(`${codec}: it unpacks to more than ${UNPACKED_BYTES} bytes`);
}

let bounded = false;

/**
 * Makes the client unpack batches within these bounds, in the whole process. By itself the client would unpack 1 MiB into
 * gigabytes, and would take a batch that it cannot unpack for a failure of the connection.
 */
export function boundUnpacking(): void {
  if (bounded) return;
  bounded = true;
  for (const codec of CODECS) {
    if (codec === 'none') continue;
    const algorithm = compressionsAlgorithms[codec] as { decompressSync: Unpack };
    const unpack = algorithm.decompressSync;
    algorithm.decompressSync = (packed) => unpacked(codec, packed, unpack);
  }
}
