import type { RawConsumer } from './group-offsets.ts';

type Partition = Awaited<ReturnType<RawConsumer['fetch']>>['responses'][number]['partitions'][number];

/** Batches of a partition, as a broker's answer holds them. */
export type RecordsBatches = NonNullable<Partition['records']>;

/** A transaction that was aborted, by its producer and the offset of its first message. */
export type AbortedTransaction = NonNullable<Partition['abortedTransactions']>[number];

/** The bit of a batch that is part of a transaction. */
const IS_TRANSACTIONAL = 16;

/** The bit of a batch that holds marks of transactions, no messages. */
export const IS_CONTROL = 32;

/** A mark's key: its version and its type, of 16 bits each. */
const TYPE_AT = 2;
const ABORT = 0;

/**
 * Returns an answer's batches without those of aborted transactions, as Kafka's own consumer does: it leaves out a producer's
 * batches from the first offset of its aborted transaction up to the mark that ends it. The client leaves out only the last
 * aborted transaction of each producer, and none whose mark comes in a later answer.
 */
export function committedOnly(
  batches: RecordsBatches,
  aborted: readonly AbortedTransaction[] | null | undefined,
): RecordsBatches {
  if (aborted == null || aborted.length === 0) return batches;
  const waiting = aborted.toSorted((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const producers = new Set<bigint>();
  return batches.filter((batch) => {
    const { attributes, producerId, firstOffset, lastOffsetDelta, records } = batch;
    while (waiting.length > 0 && waiting[0]!.firstOffset <= firstOffset + BigInt(lastOffsetDelta))
      producers.add(waiting.shift()!.producerId);
    if ((attributes & IS_TRANSACTIONAL) === 0) return true;
    if ((attributes & IS_CONTROL) === 0) return !producers.has(producerId);
    const mark = records[0]?.key;
    if (mark != null && mark.length >= TYPE_AT + 2 && mark.readInt16BE(TYPE_AT) === ABORT)
      producers.delete(producerId);
    return true;
  });
}
