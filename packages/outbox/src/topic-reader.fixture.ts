import { randomUUID } from 'node:crypto';
import { Consumer, type MessagesStream, stringDeserializers } from '@platformatic/kafka';

/** A message as the tests look at it. */
export interface SeenMessage {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly partition: number;
}

/** Keeps all messages of a topic, each partition's in order. */
export class TopicReader {
  readonly messages: SeenMessage[] = [];
  readonly #consumer: Consumer<string, string, string, string>;
  readonly #stream: MessagesStream<string, string, string, string>;

  private constructor(
    consumer: Consumer<string, string, string, string>,
    stream: MessagesStream<string, string, string, string>,
  ) {
    this.#consumer = consumer;
    this.#stream = stream;
    stream.on('data', ({ key, value, headers, partition }) => {
      this.messages.push({ key, value, headers: Object.fromEntries(headers), partition });
    });
  }

  static async open(brokers: readonly string[], topic: string): Promise<TopicReader> {
    const consumer = new Consumer<string, string, string, string>({
      groupId: `${topic}-reader-${randomUUID()}`,
      clientId: 'topic-reader',
      bootstrapBrokers: [...brokers],
      deserializers: stringDeserializers,
      maxWaitTime: 100,
    });
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    return new TopicReader(consumer, stream);
  }

  /** Ids of the events, as often as they were published. */
  get ids(): string[] {
    return this.messages.map(({ headers }) => headers['ce_id']!);
  }

  /** Orders with an event that was first published after a later one. */
  get disordered(): string[] {
    const last = new Map<string, number>();
    const seen = new Set<string>();
    const wrong = new Set<string>();
    for (const { key, headers } of this.messages) {
      const id = headers['ce_id']!;
      if (seen.has(id)) continue;
      seen.add(id);
      const version = Number(headers['ce_sequence']);
      if (version <= (last.get(key) ?? 0)) wrong.add(key);
      last.set(key, version);
    }
    return [...wrong];
  }

  async close(): Promise<void> {
    await this.#stream.close();
    await this.#consumer.close(true);
  }
}
