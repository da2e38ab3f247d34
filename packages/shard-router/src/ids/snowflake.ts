/** Numbers count milliseconds from here: 2025-01-01T00:00:00Z. */
export const NUMBER_EPOCH_MS = Date.UTC(2025, 0, 1);

const WORKER_BITS = 10n;
const SEQUENCE_BITS = 12n;
const DAY_MS = 86_400_000;

/** Worker ids lie in [0, WORKERS). */
export const WORKERS = 1 << Number(WORKER_BITS);

/** Numbers that one worker can draw in a millisecond. */
export const SEQUENCES = 1 << Number(SEQUENCE_BITS);

/** The parts of a number: 41 bits of milliseconds since {@link NUMBER_EPOCH_MS}, 10 of worker, 12 of sequence. */
export interface NumberParts {
  /** Unix time in milliseconds. */
  readonly timeMs: number;
  readonly worker: number;
  readonly sequence: number;
}

/** Puts a number together. Throws a RangeError for a part that does not fit. */
export function encodeNumber({ timeMs, worker, sequence }: NumberParts): bigint {
  const sinceEpoch = timeMs - NUMBER_EPOCH_MS;
  if (!Number.isInteger(sinceEpoch) || sinceEpoch < 0 || sinceEpoch >= 2 ** 41) {
    throw new RangeError(`time ${timeMs} has no number`);
  }
  if (!Number.isInteger(worker) || worker < 0 || worker >= WORKERS)
    throw new RangeError(`worker ${worker} is not an id`);
  if (!Number.isInteger(sequence) || sequence < 0 || sequence >= SEQUENCES) {
    throw new RangeError(`sequence ${sequence} does not fit`);
  }
  return (((BigInt(sinceEpoch) << WORKER_BITS) | BigInt(worker)) << SEQUENCE_BITS) | BigInt(sequence);
}

/** Takes a number apart. Throws a RangeError outside [0, 2^63). */
export function decodeNumber(number: bigint): NumberParts {
  if (number < 0n || number >= 1n << 63n) throw new RangeError(`not a number of 63 bits: ${number}`);
  return {
    timeMs: Number(number >> (WORKER_BITS + SEQUENCE_BITS)) + NUMBER_EPOCH_MS,
    worker: Number((number >> SEQUENCE_BITS) & BigInt(WORKERS - 1)),
    sequence: Number(number & BigInt(SEQUENCES - 1)),
  };
}

/** The lowest number of a millisecond (Unix time). Times before the numbers begin give 0. */
export function lowestNumberAt(timeMs: number): bigint {
  return timeMs <= NUMBER_EPOCH_MS ? 0n : encodeNumber({ timeMs, worker: 0, sequence: 0 });
}

/** The numbers of the UTC day that holds `timeMs`: from `first` up to, but not with, `next`. */
export function numbersOfDay(timeMs: number): { readonly first: bigint; readonly next: bigint } {
  const day = Math.floor(timeMs / DAY_MS) * DAY_MS;
  return { first: lowestNumberAt(day), next: lowestNumberAt(day + DAY_MS) };
}
