import { Admin } from '@platformatic/kafka';
import { offsetsOf, withConsumer } from './topic-bytes.ts';

/** The logs of topics, as the administrator of a broker sees and changes them. */
export class Logs {
  readonly #brokers: string;

  constructor(brokers: string) {
    this.#brokers = brokers;
  }

  /** The offset that the next message of each partition gets. */
  ends(topic: string): Promise<readonly bigint[]> {
    return offsetsOf(this.#brokers, topic, 'end');
  }

  begins(topic: string): Promise<readonly bigint[]> {
    return offsetsOf(this.#brokers, topic, 'begin');
  }

  /** What a group has committed of a topic, by partition; -1 where it has not. */
  async committed(group: string, topic: string): Promise<readonly bigint[]> {
    const { length } = await this.ends(topic);
    const [found] = await this.#admin((admin) => admin.listConsumerGroupOffsets({ groups: [group] }));
    const offsets = Array.from({ length }, () => -1n);
    for (const { partitionIndex, committedOffset } of found?.topics.find(({ name }) => name === topic)
      ?.partitions ?? [])
      offsets[partitionIndex] = committedOffset;
    return offsets;
  }

  /** Deletes what lies below an offset, as retention does. */
  async deleteBelow(topic: string, partition: number, offset: bigint): Promise<void> {
    await this.#admin((admin) =>
      admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition, offset }] }] }),
    );
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#admin((admin) => admin.deleteTopics({ topics: [topic] }));
  }

  async make(topic: string, partitions: number): Promise<void> {
    await this.#admin((admin) => admin.createTopics({ topics: [topic], partitions, replicas: 1 }));
  }

  async growTo(topic: string, count: number): Promise<void> {
    await this.#admin((admin) =>
      admin.createPartitions({ topics: [{ name: topic, count, assignments: null }] }),
    );
  }

  async exists(topic: string): Promise<boolean> {
    return (await this.#admin((admin) => admin.listTopics())).includes(topic);
  }

  /** The id of a topic, and how many partitions it has. */
  async topic(name: string): Promise<{ readonly id: string; readonly partitions: number }> {
    return withConsumer(this.#brokers, async (consumer) => {
      const { id, partitionsCount } = (await consumer.metadata({ topics: [name] })).topics.get(name)!;
      return { id, partitions: partitionsCount };
    });
  }

  async #admin<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = new Admin({
      clientId: 'faults',
      bootstrapBrokers: this.#brokers.split(','),
      retries: 5,
      retryDelay: 300,
    });
    try {
      return await use(admin);
    } finally {
      await admin.close();
    }
  }
}
