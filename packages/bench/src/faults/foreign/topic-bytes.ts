import { randomUUID } from 'node:crypto';
import { Consumer, findErrorBy } from '@platformatic/kafka';

/** A message as it lies on a topic. */
export interface TopicBytes {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [Buffer | null, Buffer | null])[];
  readonly partition: number;
  readonly offset: bigint;
}

type Offsets = readonly bigint[];

const EARLIEST = -2n;
/** The bit of a batch that holds marks of transactions, no messages. */
const IS_CONTROL = 32;
const ANSWER_BYTES = 4 * 1_048_576;

type Bytes = Consumer<Buffer | undefined, Buffer | undefined>;

/** Calls `use` with a client that is closed afterwards. */
export async function withConsumer<T>(brokers: string, use: (consumer: Bytes) => Promise<T>): Promise<T> {
  const consumer = openConsumer(brokers);
  try {
    return await use(consumer);
  } finally {
    await consumer.close(true);
  }
}

function openConsumer(brokers: string): Bytes {
  return new Consumer({
    groupId: `faults-${randomUUID()}`,
    clientId: 'faults',
    bootstrapBrokers: brokers.split(','),
    retries: 5,
    retryDelay: 300,
  });
}

/** The offset that the next message of each partition gets, or where its log begins. */
export async function offsetsOf(brokers: string, topic: string, end: 'begin' | 'end'): Promise<Offsets> {
  const timestamp = end === 'begin' ? { timestamp: EARLIEST } : {};
  return withConsumer(
    brokers,
    async (consumer) => (await consumer.listOffsets({ topics: [topic], ...timestamp })).get(topic) ?? [],
  );
}

/**
 * The messages that a topic has now, partition by partition; only the last ones of each where `last` says how many. Reads
 * by offsets, so that marks of transactions at the end of a log are no messages that are waited for.
 */
export async function* bytesOf(
  brokers: string,
  topic: string,
  last?: bigint,
): AsyncGenerator<TopicBytes, void> {
  const consumer = openConsumer(brokers);
  try {
    consumer.topics.track(topic);
    const { id: topicId, partitions } = (await consumer.metadata({ topics: [topic] })).topics.get(topic)!;
    const begins =
      (await consumer.listOffsets({ topics: [topic], timestamp: EARLIEST })).get(topic) ?? ([] as Offsets);
    const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic) ?? ([] as Offsets);
    for (const [partition, end] of ends.entries()) {
      const begin = begins[partition]!;
      let next = last === undefined || end - last < begin ? begin : end - last;
      while (next < end) {
        const { responses } = await fetchFrom(consumer, {
          topicId,
          node: partitions[partition]!.leader,
          partition,
          next,
        });
        if (responses === undefined) {
          // This offset was deleted since: what is left of the log begins later.
          next = (await consumer.listOffsets({ topics: [topic], timestamp: EARLIEST })).get(topic)![
            partition
          ]!;
          continue;
        }
        for (const { attributes, firstOffset, lastOffsetDelta, records } of responses[0]?.partitions[0]
          ?.records ?? []) {
          for (const { key, value, headers, offsetDelta } of (attributes & IS_CONTROL) === 0 ? records : []) {
            const offset = firstOffset + BigInt(offsetDelta);
            if (offset >= next && offset < end) yield { key, value, headers, partition, offset };
          }
          next = firstOffset + BigInt(lastOffsetDelta) + 1n;
        }
      }
    }
  } finally {
    await consumer.close(true);
  }
}

interface Place {
  readonly topicId: string;
  readonly node: number;
  readonly partition: number;
  readonly next: bigint;
}

/** One answer of a broker; without responses where the log begins later by now. */
async function fetchFrom(
  consumer: Bytes,
  { topicId, node, partition, next }: Place,
): Promise<Partial<Awaited<ReturnType<Bytes['fetch']>>>> {
  const wanted = {
    partition,
    fetchOffset: next,
    partitionMaxBytes: ANSWER_BYTES,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
  };
  try {
    return await consumer.fetch({
      node,
      topics: [{ topicId, partitions: [wanted] }],
      minBytes: 1,
      maxBytes: ANSWER_BYTES,
      maxWaitTime: 100,
    });
  } catch (error) {
    if (findErrorBy(error as Error, 'apiId', 'OFFSET_OUT_OF_RANGE') === null) throw error;
    return {};
  }
}
