import { committedOnly, IS_CONTROL, type RecordsBatches } from '../projector/aborted.ts';
import {
  type CarefulAnswer,
  type CarefulWish,
  fetchCarefully,
  isUnpackError,
} from '../projector/careful-fetch.ts';
import type { RawConsumer } from '../projector/group-offsets.ts';
import type { MessageHeaders, SourceMessage } from '../projector/message.ts';
import { boundUnpacking } from '../projector/unpack.ts';

/** Bytes of one answer at the most. */
const ANSWER_BYTES = 4 * 1_048_576;
const WAIT_MS = 100;

/** Times that stand for the ends of a partition, in Kafka's ListOffsets request. */
const LATEST = -1n;
const EARLIEST = -2n;

/** Offsets by partition. */
export type Offsets = ReadonlyMap<number, bigint>;

/**
 * Yields the messages that a topic holds now, partition by partition. Starts at the offset in `from` where it names a
 * partition. Goes by offsets, and does not wait for a last message: a log may end with the mark of a transaction, or with
 * messages of an aborted one. Throws the client's errors.
 */
export async function* readLog(
  consumer: RawConsumer,
  topic: string,
  from: Offsets,
): AsyncGenerator<SourceMessage, void> {
  boundUnpacking();
  consumer.topics.track(topic);
  const offsets = async (timestamp: bigint) =>
    (await consumer.listOffsets({ topics: [topic], timestamp })).get(topic) ?? [];
  const [begins, ends] = [await offsets(EARLIEST), await offsets(LATEST)];
  for (const [partition, end] of ends.entries()) {
    const [begin, wanted] = [begins[partition] ?? 0n, from.get(partition) ?? 0n];
    for (let next = wanted > begin ? wanted : begin; next < end;) {
      const { partitions, id: topicId } = (await consumer.metadata({ topics: [topic] })).topics.get(topic)!;
      const node = partitions[partition]!.leader;
      const { records, abortedTransactions } = await fetchOnce(consumer, {
        node,
        topicId,
        partition,
        offset: next,
      });
      for (const { attributes, firstOffset, records: some } of committedOnly(
        records ?? [],
        abortedTransactions,
      )) {
        if ((attributes & IS_CONTROL) !== 0) continue;
        for (const { key, value, headers, offsetDelta } of some) {
          const offset = firstOffset + BigInt(offsetDelta);
          if (offset < next || offset >= end) continue;
          yield {
            key: key ?? undefined,
            value: value ?? undefined,
            headers: headers as MessageHeaders,
            topic,
            partition,
            offset,
          };
        }
      }
      const last = records?.at(-1);
      if (last !== undefined) next = last.firstOffset + BigInt(last.lastOffsetDelta) + 1n;
    }
  }
}

/** Returns one partition's part of an answer. Batches that cannot be unpacked come without their messages. */
async function fetchOnce(
  consumer: RawConsumer,
  { node, topicId, partition, offset }: Omit<CarefulWish, 'bytes'>,
): Promise<
  Partial<Pick<CarefulAnswer, 'abortedTransactions'>> & {
    readonly records?: RecordsBatches | null | undefined;
  }
> {
  const wanted = {
    partition,
    fetchOffset: offset,
    partitionMaxBytes: ANSWER_BYTES,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
  };
  try {
    const { responses } = await consumer.fetch({
      node,
      topics: [{ topicId, partitions: [wanted] }],
      minBytes: 1,
      maxBytes: ANSWER_BYTES,
      maxWaitTime: WAIT_MS,
    });
    return responses[0]?.partitions[0] ?? {};
  } catch (error) {
    if (!isUnpackError(error)) throw error;
    return fetchCarefully(consumer, { node, topicId, partition, offset, bytes: ANSWER_BYTES });
  }
}
