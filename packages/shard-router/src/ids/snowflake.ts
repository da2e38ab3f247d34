/** Numbers count milliseconds from here: 2025-01-01T00:00:00Z. */
export const NUMBER_EPOCH_MS = Date.UTC(2025, 0, 1);

const WORKER_BITS = 10n;
const SEQUENCE_BITS = 12n;
const DAY_MS = 86_400_000;

/** Worker ids lie in [0, WORKERS). */
export const WORKERS = 1 << Number(WORKER_BITS);

/** Numbers that one worker can draw in a millisecond. */
export const SEQUENCES = 1 << Number(SEQUENCE_BITS);

/** Worker ids that a shard leases. */
export const WORKER_SLOTS = 32;

/** Shard ids lie in [0, SHARD_IDS). */
export const SHARD_IDS = 1_024;

/** How many shard ids, from 0 on, have worker ids of their own. */
const SHARDS_WITH_WORKERS = WORKERS / WORKER_SLOTS;

/** How many of a worker's sequences the shard has whose own worker id it is. */
const OWN_SEQUENCES = SEQUENCES / 2;
/** How many each other shard with the same worker ids has. */
const SHARED_SEQUENCES = 64;

/** What one slot of one shard may draw in a millisecond: a worker id, and a range of its sequences. */
export interface WorkerRange {
  readonly worker: number;
  readonly firstSequence: number;
  /** How many sequences there are from the first on. */
  readonly sequences: number;
}

/**
 * Returns the worker id and the sequences with which a slot of a shard draws. They follow from shard id and slot alone, so
 * two slots share no number, whichever shards exist and whatever a process knows of them. The shards 0 to 31 have worker ids
 * of their own, with half of the sequences of each; every thirty-second shard above has the same worker ids, and its own
 * range in the other half.
 *
 * Rejected alternatives: worker ids from the shard map, which processes with different maps would read differently; and one
 * layout of more workers and fewer sequences for all, which leaves a shard of a small cluster only 128 numbers in a
 * millisecond.
 */
export function workerRange(shard: number, slot: number): WorkerRange {
  if (!Number.isInteger(shard) || shard < 0 || shard >= SHARD_IDS)
    throw new RangeError(`shard ${shard} is not an id`);
  if (!Number.isInteger(slot) || slot < 0 || slot >= WORKER_SLOTS)
    throw new RangeError(`shard ${shard} has no worker slot ${slot}`);
  const worker = (shard % SHARDS_WITH_WORKERS) * WORKER_SLOTS + slot;
  const above = Math.floor(shard / SHARDS_WITH_WORKERS);
  return above === 0
    ? { worker, firstSequence: 0, sequences: OWN_SEQUENCES }
    : {
        worker,
        firstSequence: OWN_SEQUENCES + (above - 1) * SHARED_SEQUENCES,
        sequences: SHARED_SEQUENCES,
      };
}

/** Whether a shard has worker ids of its own, with which more numbers can be drawn. */
export function hasOwnWorkers(shard: number): boolean {
  return shard < SHARDS_WITH_WORKERS;
}

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
