import { randomUUID } from 'node:crypto';
import { Consumer, stringDeserializers } from '@platformatic/kafka';
import type { TopicMessage } from './comparison.ts';

/** All messages that a topic has now, each partition's in their order. */
export async function* messagesOf(brokers: string, topic: string): AsyncGenerator<TopicMessage> {
  const consumer = new Consumer<string, string, string, string>({
    groupId: `faults-${randomUUID()}`,
    clientId: 'faults',
    bootstrapBrokers: brokers.split(','),
    deserializers: stringDeserializers,
    maxWaitTime: 100,
  });
  try {
    const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic) ?? [];
    const left = new Set([...ends.keys()].filter((partition) => ends[partition]! > 0n));
    if (left.size === 0) return;
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    try {
      for await (const { key, value, headers, partition, offset } of stream) {
        yield { key, value, headers: Object.fromEntries(headers), partition };
        if (offset >= ends[partition]! - 1n) left.delete(partition);
        if (left.size === 0) return;
      }
    } finally {
      await stream.close();
    }
  } finally {
    await consumer.close(true);
  }
}
