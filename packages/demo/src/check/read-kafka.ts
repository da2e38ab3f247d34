import { Consumer } from '@platformatic/kafka';
import { ProtocolError } from './errors.ts';

/** A message of a topic, as it lies in its partition. */
export interface TopicMessage {
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Log start and end of a partition. */
const EARLIEST = -2n;

type Client = Consumer;

/** Reads a topic without a consumer group: nothing is joined, committed or left behind. */
export class TopicReader {
  readonly #client: Client;
  readonly #topic: string;

  constructor(brokers: readonly string[], topic: string) {
    this.#client = new Consumer({
      clientId: 'ordershard-demo',
      groupId: 'ordershard-demo',
      bootstrapBrokers: [...brokers],
    });
    this.#client.topics.trackAll(topic);
    this.#topic = topic;
  }

  /** How many partitions the topic has. */
  async partitions(): Promise<number> {
    const metadata = await this.#client.metadata({ topics: [this.#topic] });
    return metadata.topics.get(this.#topic)?.partitionsCount ?? 0;
  }

  /** The offset behind the last message of each partition. */
  async ends(): Promise<bigint[]> {
    return this.#offsets();
  }

  /** Hands over every message from the start to the present end of each partition, each partition in its order. */
  async readAll(take: (message: TopicMessage) => void): Promise<void> {
    const [starts, ends] = await Promise.all([this.#offsets(EARLIEST), this.#offsets()]);
    for (const [partition, end] of ends.entries()) {
      await this.#readPartition(partition, starts[partition] ?? 0n, end, take);
    }
  }

  async close(): Promise<void> {
    await this.#client.close(true);
  }

  async #offsets(timestamp?: bigint): Promise<bigint[]> {
    const offsets = await this.#client.listOffsets({
      topics: [this.#topic],
      ...(timestamp === undefined ? {} : { timestamp }),
    });
    return offsets.get(this.#topic) ?? [];
  }

  async #readPartition(
    partition: number,
    start: bigint,
    end: bigint,
    take: (message: TopicMessage) => void,
  ): Promise<void> {
    const metadata = await this.#client.metadata({ topics: [this.#topic] });
    const topic = metadata.topics.get(this.#topic);
    const leader = topic?.partitions[partition]?.leader;
    if (topic === undefined || leader === undefined)
      throw new ProtocolError(`partition ${partition} has no leader`);
    let offset = start;
    while (offset < end) {
      const wanted = {
        partition,
        fetchOffset: offset,
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
        partitionMaxBytes: 4_194_304,
      };
      const response = await this.#client.fetch({
        node: leader,
        topics: [{ topicId: topic.id, partitions: [wanted] }],
        minBytes: 1,
        maxBytes: 8_388_608,
        maxWaitTime: 500,
      });
      const batches = response.responses[0]?.partitions[0]?.records ?? [];
      const from = offset;
      for (const batch of batches) {
        for (const { offsetDelta, key, value, headers } of batch.records) {
          const at = batch.firstOffset + BigInt(offsetDelta);
          if (at < from || at >= end) continue;
          take({ partition, key: textOf(key), value: textOf(value), headers: toHeaders(headers) });
        }
        const next = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
        if (next > offset) offset = next;
      }
    }
  }
}

function toHeaders(headers: readonly (readonly [Buffer | null, Buffer | null])[]): Record<string, string> {
  return Object.fromEntries(headers.map(([name, value]) => [textOf(name), textOf(value)]));
}

function textOf(bytes: Buffer | null): string {
  return bytes?.toString('utf8') ?? '';
}
