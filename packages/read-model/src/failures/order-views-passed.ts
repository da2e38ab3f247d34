import { answeringBrokersFirst } from '@ordershard/process';
import { Admin } from '@platformatic/kafka';
import type { DeadLetter } from '../projector/message.ts';
import { provenanceOf } from './provenance.ts';

export interface PassedOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** The topic that is projected, with the cluster's prefix. */
  readonly topic: string;
  /** The consumer group of the order views. */
  readonly orderViewsGroup: string;
}

/**
 * Returns the failures. Those that the order views' projector has passed do not wait for the order views any more. If an
 * order view is still behind there, its message failed in that projector; so the message here takes the way of failed
 * messages too. When Kafka does not say how far the order views are, all failures go on waiting.
 */
export async function withoutPassed(
  letters: readonly DeadLetter[],
  options: PassedOptions,
): Promise<readonly DeadLetter[]> {
  if (!letters.some(({ awaits }) => awaits === 'order views')) return letters;
  const committed = await committedOf(options).catch(() => undefined);
  return letters.map((letter) => {
    if (letter.awaits !== 'order views') return letter;
    const { partition, offset } = placeOf(letter, options.topic);
    return offset < (committed?.get(partition) ?? -1n) ? { ...letter, awaits: undefined } : letter;
  });
}

/** Returns where a message was first read. */
function placeOf({ message }: DeadLetter, topic: string): { partition: number; offset: bigint } {
  return (message.topic === topic ? undefined : provenanceOf(message.headers)) ?? message;
}

async function committedOf({
  brokers,
  clientId,
  topic,
  orderViewsGroup,
}: PassedOptions): Promise<ReadonlyMap<number, bigint>> {
  const bootstrapBrokers = await answeringBrokersFirst(brokers);
  const admin = new Admin({ clientId, bootstrapBrokers, connectTimeout: 2_000, retries: 1 });
  try {
    const [group] = await admin.listConsumerGroupOffsets({ groups: [orderViewsGroup] });
    const partitions = group?.topics.find(({ name }) => name === topic)?.partitions ?? [];
    return new Map(
      partitions.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]),
    );
  } finally {
    await admin.close().catch(() => undefined);
  }
}
